using BackupRunner.Names;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Admission;

/// <summary>Which volumes of a workload under review are backed up, as <see cref="ClaimSelection"/> has it.</summary>
static class WorkloadClaims
{
    /// <summary>The value of <c>/claims</c> where the user gives none. Null: nothing can be backed up.</summary>
    public static string? Default(ProtectedWorkload workload, IClusterView view)
    {
        var volumes = ClaimSelection.DefaultVolumes(workload, view.Claims(workload.Id.Namespace));
        return volumes.Count == 0 ? null : string.Join(',', volumes);
    }

    /// <summary>A StatefulSet that is scaled to zero has its templates all the same.</summary>
    public static SelectedClaims Of(ProtectedWorkload workload, IClusterView view) =>
        ClaimSelection.Of(workload with { Replicas = Math.Max(workload.Replicas, 1) }, view.Claims(workload.Id.Namespace));

    public static ProtectedWorkload WithoutChoice(ProtectedWorkload workload) => workload with
    {
        Annotations = workload.Annotations.Where(entry => entry.Key != ClusterNames.ClaimsAnnotation).ToDictionary(entry => entry.Key, entry => entry.Value),
    };
}
