namespace BackupRunner.Kube;

public static class KubeResources
{
    public static KubeResource<Pod> Pods { get; } = new("", "v1", "pods", KubeJson.Default.Pod) { Kind = "Pod" };

    public static KubeResource<Lease> Leases { get; } = new("coordination.k8s.io", "v1", "leases", KubeJson.Default.Lease) { Kind = "Lease" };

    public static KubeResource<Secret> Secrets { get; } = new("", "v1", "secrets", KubeJson.Default.Secret) { Kind = "Secret" };

    public static KubeResource<Workload> StatefulSets { get; } = new("apps", "v1", "statefulsets", KubeJson.Default.Workload) { Kind = "StatefulSet" };

    public static KubeResource<Workload> Deployments { get; } = new("apps", "v1", "deployments", KubeJson.Default.Workload) { Kind = "Deployment" };

    public static KubeResource<KubeEvent> Events { get; } = new("", "v1", "events", KubeJson.Default.KubeEvent) { Kind = "Event" };

    public static KubeResource<SubjectAccessReview> SubjectAccessReviews { get; } =
        new("authorization.k8s.io", "v1", "subjectaccessreviews", KubeJson.Default.SubjectAccessReview) { Kind = "SubjectAccessReview" };

    /// <summary>Objects of a kind without a record of its own. Their apiVersion and kind are the caller's to write.</summary>
    public static KubeResource<KubeObject> Any(string group, string version, string plural) => new(group, version, plural, KubeJson.Default.KubeObject);
}
