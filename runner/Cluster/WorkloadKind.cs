using BackupRunner.Kube;
using BackupRunner.Names;

namespace BackupRunner.Cluster;

/// <summary>The kinds of workload that a run knows how to find pods of, and to stop and start.</summary>
public static class WorkloadKind
{
    /// <param name="kind">Lower case, as <c>--workload</c> has it.</param>
    /// <returns>Null for any other kind.</returns>
    public static KubeResource<Workload>? Resource(string kind) => kind switch
    {
        ClusterNames.StatefulSet => KubeResources.StatefulSets,
        ClusterNames.Deployment => KubeResources.Deployments,
        _ => null,
    };
}
