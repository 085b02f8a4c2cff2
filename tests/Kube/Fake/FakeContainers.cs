using System.Collections.Concurrent;

namespace BackupRunner.Tests.Kube.Fake;

/// <summary>What stands for a container: where a command that is executed in it runs.</summary>
public sealed record FakeContainer
{
    /// <summary>The command's whole environment. PATH is needed to find it.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string> { ["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" };

    public string WorkingFolder { get; init; } = "/";

    /// <summary>What enters the container, put before the command: <c>nsenter -t PID -m -r -w</c>. It must exec.</summary>
    public IReadOnlyList<string> Enter { get; init; } = [];

    /// <summary>The container's root folder, as this machine sees it.</summary>
    public string Root { get; init; } = "/";

    /// <summary>Whether its main process still runs: nothing is executed in one that has ended.</summary>
    public Func<bool> Runs { get; init; } = () => true;
}

/// <summary>The containers that run, by pod and name.</summary>
public sealed class FakeContainers
{
    readonly ConcurrentDictionary<(string Namespace, string Pod, string Container), FakeContainer> containers = new();

    public FakeContainer? this[string @namespace, string pod, string container] =>
        containers.GetValueOrDefault((@namespace, pod, container)) is { } found && found.Runs() ? found : null;

    public void Register(string @namespace, string pod, string container, FakeContainer runs) => containers[(@namespace, pod, container)] = runs;

    public void Remove(string @namespace, string pod, string container) => containers.TryRemove((@namespace, pod, container), out _);
}
