using System.Text.Json;
using BackupRunner.Webhook.Backups;
using BackupRunner.Webhook.Plans;
using BackupRunner.Webhook.Reconcile;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Admission;

/// <summary>Whether a Backup can be made: it is refused with a sentence now, and not found failed later.</summary>
static class BackupAdmission
{
    public static AdmissionReply Validate(AdmissionRequest request, IClusterView view, Installation installation)
    {
        if (JsonText.Part(request.Item, "spec") is not { ValueKind: JsonValueKind.Object } spec)
            return AdmissionReply.BadRequest("the review has no object");
        if (JsonText.Part(spec, "record").ValueKind != JsonValueKind.Undefined)
            return request.User.Name == installation.Account ? AdmissionReply.Unchanged : AdmissionReply.Invalid(["spec.record: is written by the webhook alone, for backups that were made without a Backup; leave it out"]);
        var workload = JsonText.Part(spec, "workload");
        if (workload.Name("name") is not { } name || !ObjectName.IsValid(name))
            return AdmissionReply.Invalid(["spec.workload.name: is no name of a workload"]);
        var id = WorkloadId.Of(workload.Text("kind"), request.Namespace, name);
        var found = view.Workload(id);
        var selection = BackupSelection.Of(id, spec.Name("claim"), found, found?.PolicyName is null ? null : Assessor.Of(found, view, installation));
        if (selection.Problem is { } problem)
            return AdmissionReply.Invalid([$"spec: {problem}"]);
        return selection.LeftOut is { } leftOut ? new AdmissionReply.Allowed([leftOut]) : AdmissionReply.Unchanged;
    }
}
