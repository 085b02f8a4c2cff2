namespace BackupRunner.Kube;

/// <summary>One container of one pod, by the pod's UID: a pod that has taken its name since is another.</summary>
public sealed record ExecTarget(string Namespace, string Pod, string Uid, string Container)
{
    public ExecRequest Command(IReadOnlyList<string> command, bool input) => new(Namespace, Pod, Container, command) { Input = input };

    /// <summary>The pod of that UID is there, and has not ended.</summary>
    public async Task<bool> IsThere(KubeClient kube, CancellationToken cancel) =>
        await kube.Get(KubeResources.Pods, Namespace, Pod, cancel) is { } now && now.Metadata.Uid == Uid && !now.HasEnded();

    public override string ToString() => $"pod \"{Pod}\", container \"{Container}\"";
}
