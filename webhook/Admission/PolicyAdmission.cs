using System.Text.Json;
using BackupRunner.Names;
using BackupRunner.Policy;
using BackupRunner.Webhook.Keys;
using BackupRunner.Webhook.Plans;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Admission;

/// <summary>Whether a BackupPolicy is one, and whether its author may do himself what it has done for him.</summary>
public static class PolicyAdmission
{
    public const string Group = "backup.middleware.io";

    const int NamedWorkloads = 5;

    public static async Task<AdmissionReply> Validate(AdmissionRequest request, AccessReviews access, Installation installation, CancellationToken cancel)
    {
        if (request.Item.ValueKind != JsonValueKind.Object)
            return AdmissionReply.BadRequest("the review has no object");
        // Labels, finalizers: what it says was checked when it was written, for who wrote it.
        if (request.OldItem.ValueKind == JsonValueKind.Object && JsonText.IsSame(request.OldItem, request.Item, "spec"))
            return AdmissionReply.Unchanged;
        var policy = PolicyObjectReader.Read(request.Item);
        if (policy.Policy is not { } read)
            return AdmissionReply.Invalid(policy.Problems);
        if (await access.Denial(request.User, PolicyRights.For(read, request.Namespace), cancel) is { } denial)
            return denial;
        return new AdmissionReply.Allowed([.. Unlisted(policy, request.Namespace, installation), .. PolicyLints.For(read).Select(lint => lint.ToString())]);
    }

    // As the status of each workload will say it. Which workload it is does not matter: all are of the policy's namespace.
    static IEnumerable<string> Unlisted(PolicyObject policy, string @namespace, Installation installation) =>
        SecretDemands.Of(new ProtectedWorkload { Id = new(ClusterNames.StatefulSet, @namespace, ""), Uid = "" }, policy, installation.Cluster)
            .Where(demand => !installation.SecretNamespaces.Contains(demand.Source.Namespace))
            .Select(SecretGate.Unlisted).OfType<SecretRefusal>().Select(refusal => refusal.Problem);

    public static AdmissionReply Delete(AdmissionRequest request, IClusterView view)
    {
        var users = view.Protected().Where(workload => workload.Id.Namespace == request.Namespace && workload.PolicyName == request.Name)
            .Select(workload => $"{workload.Id.ApiKind}/{workload.Id.Name}").Order(StringComparer.Ordinal).ToList();
        if (users.Count == 0)
            return AdmissionReply.Unchanged;
        var more = users.Count > NamedWorkloads ? $" and {users.Count - NamedWorkloads} more" : "";
        return new AdmissionReply.Allowed([
            $"{users.Count} protected by it: {string.Join(", ", users.Take(NamedWorkloads))}{more}",
            "their backups go on as the policy last said, and follow no change, until they name another policy",
        ]);
    }
}
