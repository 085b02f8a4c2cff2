using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using BackupRunner.Names;
using BackupRunner.Reports;
using BackupRunner.Tests.Restore;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Cluster;

/// <summary><c>commands.restore</c> by two containers of one pod: the runner, and beside it the wrapper as a process of its own.</summary>
public sealed class ClusterScriptRestoreTests : IAsyncLifetime
{
    const string Good = "find {{ Values.data | shell_quote }} -mindepth 1 -delete\ntar -xzpf {{ Backup.archivePath | shell_quote }} -C {{ Values.data | shell_quote }}";

    readonly List<Process> containers = [];
    RestoreSite site = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    string Folder => site.Scene.Scratch["archive/restore"];

    public async ValueTask InitializeAsync() => site = await RestoreSite.Start();

    [Theory]
    [InlineData("dash")]
    [InlineData("bash")]
    [InlineData("busybox")]
    public async Task The_script_restores_in_its_container_while_the_workload_is_stopped(string shell)
    {
        var container = StartContainer(shell);
        var (reached, open) = (site.Scene.Scratch["reached"], site.Scene.Scratch["open"]);
        Shell.Run("mkfifo", reached, open);
        Script($"echo here > {reached}\ncat {open} > /dev/null\n" + Good);
        await using var run = site.Restore("--latest");
        await Reached(Task.Run(() => Shell.Run("timeout", "120", "cat", reached), Cancel), run);

        Assert.Equal(0, await site.Replicas());
        Assert.Null(site.Scene.Api.Cluster.Get("pods", ClusterScene.Space, ClusterScene.Pod));
        Assert.NotNull(await site.Note(LeaseNotes.Script));
        Shell.Run("timeout", "120", "sh", "-c", "echo through > \"$1\"", "open", open);

        (await run.Ended).Exited(0);
        await container.WaitForExitAsync(Cancel);
        Assert.Equal(0, container.ExitCode);
        await site.AssertSettled("restored", site.NewData);
        Assert.Equal([1, 0, 1], site.Controller.Seen);
        AssertNoArchive();
    }

    [Fact]
    public async Task After_a_script_that_failed_the_workload_stays_stopped_until_a_backup_is_restored()
    {
        StartContainer("dash");
        Script($"rm {site.Scene.Data}/dump.rdb\nexit 4");

        var failed = (await site.RestoreHere("--latest")).Exited(3);

        Assert.Contains("exited 4", failed.Error, StringComparison.Ordinal);
        Assert.Contains("statefulset \"redis\" stays stopped; it had 1 replicas", failed.Error, StringComparison.Ordinal);
        Assert.Equal(DataState.Unsettled, await site.Scene.Left());
        Assert.Equal((0, "1"), (await site.Replicas(), await site.Note(LeaseNotes.Replicas)));
        await site.AssertReleased("failed");
        AssertNoArchive();
        await ResumeIsRefused();
        Assert.Equal(DataState.Unsettled, await site.Scene.Left());
        await SecondRestoreSettles();
        Assert.Equal(DataState.Restored, await site.Scene.Left());
    }

    [Fact]
    public async Task A_restore_without_scripts_settles_it_too()
    {
        StartContainer("dash");
        Script($"rm {site.Scene.Data}/dump.rdb\nexit 4");
        (await site.RestoreHere("--latest")).Exited(3);
        NextPod();
        site.Policy = ClusterScene.Policy();

        (await site.RestoreHere("--latest")).Exited(0);

        await site.AssertSettled("restored", site.NewData);
    }

    [Fact]
    public async Task Without_a_second_container_nothing_is_stopped()
    {
        Script(Good);

        var refused = (await (site.Scene.Runner with { Clock = new LeapingClock(TimeSpan.FromMilliseconds(500)) })
            .InProcess(site.Scene.Arguments("restore", site.Policy, "restore-redis", "--latest"))).Exited(2);

        Assert.Contains("no container runs it", refused.Error, StringComparison.Ordinal);
        Assert.Equal([1], site.Controller.Seen);
        await site.AssertSettled("refused", site.OldData);
    }

    [Fact]
    public async Task An_archive_that_would_fill_the_nodes_disk_stops_nothing()
    {
        using var disk = TemporaryMount.Memory(site.Scene.Scratch["archive"], "size=1m");
        StartContainer("dash");
        Script(Good);
        // What is left is enough for the archive, and less than a node keeps free.
        await File.WriteAllBytesAsync(site.Scene.Scratch["archive/other"], new byte[970 * 1024], Cancel);

        var run = (await site.RestoreHere("--latest")).Exited(6);

        Assert.Contains("so that kubelet does not evict this pod", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(0, site.Controller.Seen);
        Assert.Null(await site.Note(LeaseNotes.Replicas));
        await site.AssertSettled("after", site.OldData);
    }

    [Fact]
    public async Task A_container_whose_runner_was_killed_gives_up_and_the_data_counts_as_neither()
    {
        // The wrapper's minute, made short: what counts is that it counts.
        var container = StartContainer("dash", RestoreContainer.Wrapper.Replace("patience=60", "patience=8", StringComparison.Ordinal));
        var reached = Blocked();
        await using (var run = site.Restore("--latest"))
        {
            await Reached(reached, run);
            run.Signal("KILL");
        }
        await container.WaitForExitAsync(Cancel);
        Assert.Equal(143, container.ExitCode);
        await site.FreeLeases();

        await ResumeIsRefused();
        Assert.Equal(0, await site.Replicas());
        await SecondRestoreSettles();
    }

    [Fact]
    public async Task A_runner_that_is_told_to_stop_ends_the_script_first()
    {
        var container = StartContainer("dash");
        var reached = Blocked();
        await using var run = site.Restore("--latest");
        await Reached(reached, run);

        run.Signal("TERM");

        var ended = (await run.Ended).Exited(143);
        await container.WaitForExitAsync(Cancel);
        Assert.Equal(143, container.ExitCode);
        Assert.Contains("stays stopped", ended.Error, StringComparison.Ordinal);
        await site.AssertReleased("stopped");
        AssertNoArchive();
        await ResumeIsRefused();
        await SecondRestoreSettles();
    }

    [Fact]
    public async Task A_runner_that_is_killed_before_its_script_runs_is_resumed_on_the_old_data()
    {
        StartContainer("dash");
        Script(Good);
        await using (var run = site.Restore("--latest"))
        {
            await Reached(site.HoldNext(request => RestoreSite.IsWrite(request) && site.Controller.Seen.Count == 2), run);
            run.Signal("KILL");
        }
        await site.FreeLeases();
        NextPod();
        StartContainer("dash");

        (await site.RestoreHere("--resume")).Exited(0);

        await site.AssertSettled("resumed", site.OldData);
    }

    async Task ResumeIsRefused()
    {
        NextPod();
        StartContainer("dash");
        var refused = (await site.RestoreHere("--resume")).Exited(6);
        Assert.Contains("the data is neither the old nor the new", refused.Error, StringComparison.Ordinal);
        Assert.Equal(0, await site.Replicas());
        Assert.NotNull(await site.Note(LeaseNotes.Script));
    }

    async Task SecondRestoreSettles()
    {
        NextPod();
        StartContainer("dash");
        Script(Good);
        (await site.RestoreHere("--latest")).Exited(0);
        await site.AssertSettled("second", site.NewData);
        AssertNoArchive();
    }

    void Script(string text) => site.Policy = ClusterScene.Policy(commands: $"{{restore: {JsonSerializer.Serialize(text)}}}") + $"\n  values: {{data: {JsonSerializer.Serialize(site.Scene.Data)}}}";

    /// <summary>A script that has destroyed something and goes on for ever.</summary>
    Task<string> Blocked()
    {
        var fifo = site.Scene.Scratch["reached"];
        Shell.Run("mkfifo", fifo);
        Script($"rm {site.Scene.Data}/dump.rdb\necho here > {fifo}\nsleep 1000");
        return Task.Run(() => Shell.Run("timeout", "120", "cat", fifo), Cancel);
    }

    static async Task Reached(Task reached, RunningRunner run)
    {
        if (await Task.WhenAny(reached, run.Ended) != reached)
            Assert.Fail($"the run ended before: {(await run.Ended).Error}");
        await reached;
    }

    void AssertNoArchive() => Assert.DoesNotContain(Directory.EnumerateFiles(site.Scene.Scratch["archive"]), path => path.Contains("backup.tar.gz", StringComparison.Ordinal) && !path.EndsWith(".lock", StringComparison.Ordinal));

    /// <summary>Another pod has an emptyDir of its own.</summary>
    void NextPod()
    {
        foreach (var container in containers)
        {
            Shell.Try("pkill", "-KILL", "-s", container.Id.ToString(CultureInfo.InvariantCulture));
            container.WaitForExit();
        }
        Directory.Delete(site.Scene.Scratch["archive"], recursive: true);
        site.Scene.Scratch.Folder("archive");
    }

    Process StartContainer(string shell, string? wrapper = null)
    {
        string[] words = ["-c", wrapper ?? RestoreContainer.Wrapper, "sh", Folder];
        var process = Process.Start(new ProcessStartInfo("setsid", shell == "busybox" ? ["busybox", "sh", .. words] : [shell, .. words]))!;
        containers.Add(process);
        return process;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var container in containers)
        {
            // As the kernel does with a container's processes once its first has ended.
            Shell.Try("pkill", "-KILL", "-s", container.Id.ToString(CultureInfo.InvariantCulture));
            container.Dispose();
        }
        await site.DisposeAsync();
    }
}
