using System.Text.Json;
using BackupRunner.Names;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Admission;

/// <summary>
/// The label and the default claims of a workload that names a policy, and their removal when it no longer does. Only metadata is ever patched: protecting
/// a workload must not restart it. What is wrong is told by <see cref="WorkloadAdmission"/>, which sees every request after this.
/// </summary>
public static class WorkloadMutation
{
    public static AdmissionReply Of(AdmissionRequest request, IClusterView view)
    {
        if (request.Item.ValueKind != JsonValueKind.Object)
            return AdmissionReply.BadRequest("the review has no object");
        var (metadata, old) = (ObjectMetadata.Of(request.Item), ObjectMetadata.Of(request.OldItem));
        var patch = metadata.Annotation(ClusterNames.PolicyAnnotation) is { Length: > 0 }
            ? metadata.Patch(Label("true"), new Dictionary<string, string?> { [ClusterNames.ClaimsAnnotation] = Claims(request, metadata, old, view) ?? metadata.Annotation(ClusterNames.ClaimsAnnotation) })
            : old.Annotation(ClusterNames.PolicyAnnotation) is not null && metadata.Annotation(ClusterNames.PolicyAnnotation) is null
            ? metadata.Patch(Label(null), new Dictionary<string, string?> { [ClusterNames.ClaimsAnnotation] = null, [ClusterNames.StatusAnnotation] = null })
            : [];
        return patch.Count == 0 ? AdmissionReply.Unchanged : new AdmissionReply.Patched(patch, []);
    }

    // Null: as it is. The default follows the workload: where the claims are still those that were written for it as it was, they become those for it
    // as it is now. So a chart that adds or renames a volume of a Deployment needs no edit of an annotation that nobody wrote.
    static string? Claims(AdmissionRequest request, ObjectMetadata metadata, ObjectMetadata old, IClusterView view)
    {
        var chosen = metadata.Annotation(ClusterNames.ClaimsAnnotation);
        if (chosen is null)
            return WorkloadClaims.Default(ReviewedWorkload.Read(request, request.Item), view);
        if (request.OldItem.ValueKind != JsonValueKind.Object || chosen != old.Annotation(ClusterNames.ClaimsAnnotation)
            || !WorkloadChange.Matters(request.OldItem, request.Item)
            || chosen != WorkloadClaims.Default(ReviewedWorkload.Read(request, request.OldItem), view))
            return null;
        return WorkloadClaims.Default(ReviewedWorkload.Read(request, request.Item), view);
    }

    static Dictionary<string, string?> Label(string? value) => new() { [ClusterNames.ProtectedLabel] = value };
}
