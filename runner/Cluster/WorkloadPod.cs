using BackupRunner.Hooks;
using BackupRunner.Kube;

namespace BackupRunner.Cluster;

/// <summary>One container of one pod, by the pod's UID: a pod that has taken its name since is another.</summary>
public sealed record WorkloadPod(string Namespace, string Name, string Uid, string Container)
{
    public ExecTarget Target => new(Namespace, Name, Uid, Container);

    public ExecRequest Command(IReadOnlyList<string> command, bool input) => Target.Command(command, input);

    /// <exception cref="WorkloadGoneException">It is another pod by now, or there is none.</exception>
    public async Task RequireSame(KubeClient kube, CancellationToken cancel)
    {
        var now = await ApiFailure.Translated(kube.Get(KubeResources.Pods, Namespace, Name, cancel));
        if (now?.Metadata.Uid != Uid || !PodChoice.UsesVolumes(now))
        {
            throw new WorkloadGoneException($"pod \"{Name}\" {(now is null ? "is gone" : now.Metadata.Uid == Uid ? "has ended" : "was replaced by another of its name")} since this run began");
        }
    }

    public override string ToString() => $"pod \"{Name}\", container \"{Container}\"";
}
