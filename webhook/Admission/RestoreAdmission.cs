using System.Text.Json;
using BackupRunner.Webhook.Plans;
using BackupRunner.Webhook.Restores;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Admission;

/// <summary>
/// Whether a new Restore can be done, and whether its author may stop the workload himself. Everything that it asks for must be there, as of a restore Job. Another restore that is
/// under way is no reason: it waits for that one.
/// </summary>
public static class RestoreAdmission
{
    public static async Task<AdmissionReply> Validate(
        AdmissionRequest request, FindBackup backups, IClusterView view, Installation installation, AccessReviews access, CancellationToken cancel)
    {
        if (request.Item.ValueKind != JsonValueKind.Object)
            return AdmissionReply.BadRequest("the review has no object");
        var problems = new List<string>();
        var found = RestoreFinding.Of(RestoreReader.Spec(JsonText.Part(request.Item, "spec"), request.Namespace), request.Namespace, null, backups, view, installation, problems);
        return found is null ? AdmissionReply.Invalid(problems)
            : await access.Denial(request.User, [RestoreRights.Stop(found.Target.Plan.Workload.Id)], cancel) ?? AdmissionReply.Unchanged;
    }
}
