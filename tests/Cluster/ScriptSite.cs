using System.Text.Json;
using BackupRunner.Tests.Kube.Fake;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Cluster;

/// <summary>A <see cref="ClusterScene"/> whose policy has scripts of its own.</summary>
sealed class ScriptSite : IAsyncDisposable
{
    /// <summary>What a well-behaved script does, in the container.</summary>
    public const string Tar = "cd {{ Values.dataPath | shell_quote }}\ntar -czf {{ Backup.archivePath | shell_quote }} .";

    ScriptSite(ClusterScene scene) => (Scene, Archive) = (scene, scene.Scratch["archive/backup.tar.gz"]);

    public ClusterScene Scene { get; }

    /// <summary>The path that the runs are called with, in the container and here.</summary>
    public string Archive { get; set; }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<ScriptSite> Start()
    {
        var scene = await ClusterScene.Start();
        return new ScriptSite(scene);
    }

    /// <summary>Gives the workload's container another userland: that shell as <c>sh</c>, and for busybox all its tools.</summary>
    public void UseShell(string shell)
    {
        var folder = Scene.Scratch.Folder("shell-" + shell);
        if (shell == "busybox")
            Shell.Run("busybox", "--install", "-s", folder);
        else
            File.CreateSymbolicLink(Path.Join(folder, "sh"), Path.Join("/usr/bin", shell));
        var path = shell == "busybox" ? folder : folder + ":/usr/bin:/bin";
        Scene.Api.Containers.Register(ClusterScene.Space, ClusterScene.Pod, "redis", new FakeContainer { Environment = new Dictionary<string, string> { ["PATH"] = path } });
    }

    public string Policy(string script, string more = "") => ClusterScene.Policy(
        commands: $"{{backup: {JsonSerializer.Serialize(script)}{more}}}") + $"\n  values: {{dataPath: {JsonSerializer.Serialize(Scene.Data)}}}";

    public Task<RunnerResult> Backup(string script, string more = "") => Scene.Runner.InProcess(Arguments(script, more));

    /// <summary>The real program, which can be signalled.</summary>
    public RunningRunner StartBackup(string script, string more = "") => Scene.Runner.Start(Arguments(script, more));

    string[] Arguments(string script, string more) =>
        [.. Scene.Arguments("backup", Policy(script, more), "backup-redis").Select(argument => argument == Scene.Scratch["archive/backup.tar.gz"] ? Archive : argument)];

    /// <summary>A file of the one backup that is stored.</summary>
    public string StoredFile(string name) => Shell.Run("tar", "-xzOf", Scene.Stored.Single(path => Path.GetFileName(path).Contains("tar.gz", StringComparison.Ordinal) && !path.EndsWith(".sha256", StringComparison.Ordinal)), name);

    /// <summary>Waits until the container has nothing of the archive any more, not even the lock.</summary>
    public Task NothingLeft() => Eventually.True(
        () => Task.FromResult(!Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(Archive)!).Any()), $"an empty {Path.GetDirectoryName(Archive)}");

    /// <summary>A script that stops until it is let through, and says when it is there.</summary>
    public (string Text, Func<RunningRunner, Task> Reached) Blocked()
    {
        Shell.Run("mkfifo", Scene.Scratch["reached"]);
        return ($"echo half > {{{{ Backup.archivePath | shell_quote }}}}\necho here > {Scene.Scratch["reached"]}\nsleep 1000", async run =>
        {
            var reached = Task.Run(() => Shell.Run("timeout", "120", "cat", Scene.Scratch["reached"]), Cancel);
            if (await Task.WhenAny(reached, run.Ended) != reached)
                Assert.Fail($"the run ended before its script: {(await run.Ended).Error}");
            await reached;
        }
        );
    }

    public ValueTask DisposeAsync() => Scene.DisposeAsync();
}
