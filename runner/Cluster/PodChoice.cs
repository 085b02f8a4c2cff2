using System.Globalization;
using BackupRunner.Kube;
using BackupRunner.Names;

namespace BackupRunner.Cluster;

/// <summary>Which pod and which container of a workload have a claim: decisions on what the API server says.</summary>
public static class PodChoice
{
    const string DefaultContainer = "kubectl.kubernetes.io/default-container";

    /// <summary>The pod of a StatefulSet that a claim <c>TEMPLATE-SET-ORDINAL</c> is made for: <c>SET-ORDINAL</c>. Null for any other claim.</summary>
    public static string? OfStatefulSet(string workload, string claim)
    {
        var dash = claim.LastIndexOf('-');
        return dash > 0 && int.TryParse(claim.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out _)
            && claim[..dash].EndsWith("-" + workload, StringComparison.Ordinal) && dash > workload.Length + 1
            ? workload + claim[dash..]
            : null;
    }

    /// <summary>Of the workload's pods that mount the claim: the one that is frozen, else the one of the claim's ordinal, else a ready one, the oldest first. Null: none runs.</summary>
    public static Pod? ForClaim(string kind, string workload, string claim, IEnumerable<Pod> pods, string? frozenUid = null)
    {
        var all = pods.Where(pod => Belongs(pod, kind, workload) && Mounts(pod, claim) && UsesVolumes(pod)).ToList();
        if (frozenUid is not null && all.Find(pod => pod.Metadata.Uid == frozenUid) is { } frozen)
            return frozen;
        var mounting = all.Where(IsAlive).ToList();
        var own = kind == ClusterNames.StatefulSet && OfStatefulSet(workload, claim) is { } name ? mounting.Find(pod => pod.Metadata.Name == name) : null;
        return own ?? mounting
            .OrderByDescending(IsReady).ThenBy(pod => pod.Metadata.CreationTimestamp).ThenBy(pod => pod.Metadata.Name, StringComparer.Ordinal)
            .FirstOrDefault();
    }

    /// <summary>
    /// The container that the policy's commands run in: the policy's own choice, else the pod's default container, else the first that mounts the
    /// claim. Null: the policy names one that is not there.
    /// </summary>
    public static PodContainer? ContainerOf(Pod pod, string claim, string? wanted)
    {
        var containers = pod.Spec?.Containers ?? [];
        if (wanted is not null)
            return containers.Find(container => container.Name == wanted);
        var byDefault = pod.Metadata.Annotations?.GetValueOrDefault(DefaultContainer);
        return containers.Find(container => container.Name == byDefault)
            ?? containers.Find(container => pod.MountPath(container, claim) is not null)
            ?? containers.FirstOrDefault();
    }

    /// <summary>Labels may be shared, also with a backup's own pods: what made a pod stands in it. That of a Deployment is one of its ReplicaSets.</summary>
    public static bool Belongs(Pod pod, string kind, string workload) => pod.Metadata.OwnerReferences?.Find(owner => owner.Controller == true) is { } owner && kind switch
    {
        ClusterNames.StatefulSet => owner.Kind == "StatefulSet" && owner.Name == workload,
        _ => owner.Kind == "ReplicaSet" && owner.Name.StartsWith(workload + "-", StringComparison.Ordinal),
    };

    public static bool Mounts(Pod pod, string claim) => pod.VolumesOf(claim).Any();

    /// <summary>Not yet ended, and not about to: a pod that is being deleted takes no commands.</summary>
    public static bool IsAlive(Pod pod) => pod.Metadata.DeletionTimestamp is null && UsesVolumes(pod);

    /// <summary>Its containers run, or may still: also of a pod that is being deleted.</summary>
    public static bool UsesVolumes(Pod pod) => !pod.HasEnded();

    public static bool IsReady(Pod pod) => pod.Status?.Conditions?.Exists(condition => condition is { Type: "Ready", Status: "True" }) == true;

    /// <summary>Values that stand in a container's own definition under a name that says they are secret.</summary>
    public static IReadOnlyDictionary<string, string> EnvironmentOf(PodContainer container)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var variable in container.Env ?? [])
            if (variable.Value is { Length: > 0 } value)
                environment[variable.Name] = value;
        return environment;
    }
}
