namespace BackupRunner.Tests.Kube.Simulation;

/// <summary>What stands for an image: programs of this machine, in a root of their own.</summary>
public sealed record SimulatedImage
{
    /// <summary>What runs unless the container has a command.</summary>
    public IReadOnlyList<string> Entrypoint { get; init; } = [];

    /// <summary>What follows it unless the container has a command or arguments.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Folders of this machine that the image has, read-only: by their path in it.</summary>
    public IReadOnlyDictionary<string, string> Folders { get; init; } = new Dictionary<string, string>();

    public string WorkingFolder { get; init; } = "/";

    /// <summary>The folder that has its programs, as this machine sees it.</summary>
    public string Base { get; init; } = "/";

    /// <summary>Who runs it unless the pod says: uid and gid.</summary>
    public int User { get; init; }

    /// <summary>
    /// A loopback of its own, so that its ports are no other's; nobody outside reaches it, but commands that are executed in it do. Off for what must reach
    /// the API server and the stores of the test.
    /// </summary>
    public bool OwnNetwork { get; init; }

    /// <summary>Executed in the container until it exits 0; then the container is ready, if it has no readinessProbe of its own. Empty: ready once it runs.</summary>
    public IReadOnlyList<string> Ready { get; init; } = [];

    /// <summary>The real runner, as it was built for these tests.</summary>
    public static SimulatedImage Runner(string? folder = null) => new()
    {
        Entrypoint = ["dotnet", "/app/backup-runner.dll"],
        Folders = new Dictionary<string, string> { ["/app"] = folder ?? AppContext.BaseDirectory.TrimEnd('/') },
        Environment = new Dictionary<string, string> { ["DOTNET_EnableDiagnostics"] = "0" },
    };

    /// <summary>The runner's own image, unpacked.</summary>
    public static SimulatedImage RunnerImage(string folder) => new()
    {
        Base = folder,
        Entrypoint = ["/usr/local/bin/backup-runner"],
        WorkingFolder = "/tmp",
        Environment = new Dictionary<string, string> { ["DOTNET_EnableDiagnostics"] = "0", ["HOME"] = "/tmp" },
    };

    /// <summary>redis-server with its data in /data, as the official image.</summary>
    public static SimulatedImage Redis { get; } = new()
    {
        Entrypoint = ["redis-server"],
        WorkingFolder = "/data",
        OwnNetwork = true,
        Ready = ["sh", "-c", "case $(redis-cli ping) in PONG|NOAUTH*) ;; *) exit 1;; esac"],
    };
}
