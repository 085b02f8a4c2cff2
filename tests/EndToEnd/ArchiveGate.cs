using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.EndToEnd;

/// <summary>Holds a run at the moment in which it begins to archive: a tar that comes first in PATH, and becomes the real one when it is let through.</summary>
public sealed class ArchiveGate : IDisposable
{
    const string Patience = "120";

    readonly Scratch scratch = new();

    public ArchiveGate()
    {
        Shell.Run("mkfifo", scratch["reached"], scratch["open"]);
        Shell.Run("chmod", "755", scratch.File("bin/tar", $$"""
            #!/bin/sh
            PATH=${PATH#*:}
            if [ "$1" != --version ]; then
                echo here > {{scratch["reached"]}}
                read -r through < {{scratch["open"]}} || exit 1
            fi
            exec tar "$@"
            """));
    }

    /// <summary>What a run needs in its environment to come by here.</summary>
    public string Path => $"{scratch["bin"]}:{Environment.GetEnvironmentVariable("PATH")}";

    /// <summary>Waits until the run is here; fails the test when it ends before.</summary>
    public async Task Reached(RunningRunner run)
    {
        var reached = Task.Run(() => Shell.Run("timeout", Patience, "cat", scratch["reached"]));
        if (await Task.WhenAny(reached, run.Ended) != reached)
            Assert.Fail($"the run ended before it archived: {(await run.Ended).Error}");
        await reached;
    }

    public void Open() => Shell.Run("timeout", Patience, "sh", "-c", "echo through > \"$1\"", "open", scratch["open"]);

    public void Dispose()
    {
        // Lets go of a tar whose run was killed: opened for both, so that it never waits for a reader.
        Shell.Run("sh", "-c", "exec 3<>\"$1\"; exec 4<>\"$2\"", "dispose", scratch["open"], scratch["reached"]);
        scratch.Dispose();
    }
}
