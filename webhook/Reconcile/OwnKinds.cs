using BackupRunner.Kube;

namespace BackupRunner.Webhook.Reconcile;

/// <summary>The kinds of objects that the loop makes for a workload.</summary>
public static class OwnKinds
{
    /// <summary>In the order in which they go, after the Leases: what runs first, the accounts last.</summary>
    public static IReadOnlyList<KubeResource<KubeObject>> All { get; } =
    [
        KubeResources.Any("batch", "v1", "cronjobs"),
        KubeResources.Any("", "v1", "configmaps"),
        KubeResources.Any("rbac.authorization.k8s.io", "v1", "rolebindings"),
        KubeResources.Any("rbac.authorization.k8s.io", "v1", "roles"),
        KubeResources.Any("", "v1", "serviceaccounts"),
        KubeResources.Any("coordination.k8s.io", "v1", "leases"),
    ];

    public static KubeResource<KubeObject> Of(string plural) => All.First(kind => kind.Plural == plural);
}
