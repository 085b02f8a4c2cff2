using BackupRunner.Kube;
using BackupRunner.Names;

namespace BackupRunner.Webhook.Workloads;

/// <summary>A StatefulSet or a Deployment.</summary>
/// <param name="Kind">Lower case: <c>statefulset</c> or <c>deployment</c>.</param>
public sealed record WorkloadId(string Kind, string Namespace, string Name)
{
    /// <param name="apiKind">As in manifests; what is not <c>Deployment</c> is a StatefulSet, which is the default where a kind may be left out.</param>
    public static WorkloadId Of(string? apiKind, string @namespace, string name) => new(apiKind == "Deployment" ? ClusterNames.Deployment : ClusterNames.StatefulSet, @namespace, name);

    /// <summary>As in manifests.</summary>
    public string ApiKind => Kind == ClusterNames.StatefulSet ? "StatefulSet" : "Deployment";

    /// <summary>Where the API server keeps it.</summary>
    public KubeResource<KubeObject> Resource => KubeResources.Any("apps", "v1", Kind == ClusterNames.StatefulSet ? "statefulsets" : "deployments");

    /// <summary>The value of <see cref="ClusterNames.ForLabel"/> on what is made for it.</summary>
    public string Label => ClusterNames.OfWorkload(Kind, Name);

    /// <summary>For messages and logs: <c>default/statefulset/redis</c>.</summary>
    public override string ToString() => $"{Namespace}/{Kind}/{Name}";
}
