using System.Diagnostics;
using BackupRunner.Cluster;
using BackupRunner.Hooks;
using BackupRunner.Names;
using BackupRunner.Reports;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Cluster;

/// <summary>Both sides of the two-container restore: the runner's shell, and the wrapper as a process of its own.</summary>
public sealed class RestoreContainerTests : IAsyncLifetime
{
    readonly Scratch scratch = new();
    readonly List<Process> containers = [];
    readonly RestoreContainerShell shell;

    public RestoreContainerTests() => shell = new RestoreContainerShell(Folder, _ => { }, TimeProvider.System);

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    string Folder => scratch["shared/restore"];

    [Theory]
    [InlineData("dash")]
    [InlineData("bash")]
    [InlineData("busybox")]
    public async Task A_script_runs_in_the_other_container_and_its_exit_code_comes_back(string sh)
    {
        var container = Start(sh);
        await shell.Begin(Cancel);

        var result = await shell.Run(Script($"echo \"$0\" > {scratch["ran"]}\nexit 3"), TimeSpan.FromMinutes(1), Cancel);

        Assert.Equal(3, result.ExitCode);
        Assert.True(File.Exists(scratch["ran"]));
        await container.WaitForExitAsync(Cancel);
        Assert.Equal(3, container.ExitCode);
    }

    [Fact]
    public async Task A_script_that_ends_well_ends_well()
    {
        Start("dash");
        await shell.Begin(Cancel);

        Assert.True((await shell.Run(Script("true"), TimeSpan.FromMinutes(1), Cancel)).Succeeded);
    }

    [Fact]
    public async Task A_script_stops_at_its_first_failure()
    {
        Start("dash");
        await shell.Begin(Cancel);

        Assert.Equal(1, (await shell.Run(Script($"false\ntouch {scratch["after"]}"), TimeSpan.FromMinutes(1), Cancel)).ExitCode);
        Assert.False(File.Exists(scratch["after"]));
    }

    [Fact]
    public async Task A_script_that_takes_too_long_is_ended()
    {
        var container = Start("dash");
        await shell.Begin(Cancel);

        Assert.True((await shell.Run(Script("exec sleep 1000"), TimeSpan.FromSeconds(2), Cancel)).TimedOut);
        await container.WaitForExitAsync(Cancel);
        Assert.Equal(143, container.ExitCode);
    }

    [Fact]
    public async Task A_run_that_ends_without_a_script_lets_the_container_end_well()
    {
        var container = Start("dash");
        await shell.Begin(Cancel);
        await shell.RequireWaiting(Cancel);

        await shell.DisposeAsync();

        await container.WaitForExitAsync(Cancel);
        Assert.Equal(0, container.ExitCode);
    }

    [Fact]
    public async Task A_container_whose_runner_is_gone_gives_up()
    {
        // The wrapper's seconds, made short: what counts is that it counts them.
        var container = Start("dash", RestoreContainer.Wrapper.Replace("patience=60", "patience=2", StringComparison.Ordinal));
        Directory.CreateDirectory(Folder);
        await File.WriteAllTextAsync(Path.Combine(Folder, RestoreContainer.Script), "sleep 1000", Cancel);
        await File.WriteAllTextAsync(Path.Combine(Folder, RestoreContainer.Ready), "", Cancel);
        // Last: from here on it has two seconds.
        await File.WriteAllTextAsync(Path.Combine(Folder, RestoreContainer.Heartbeat), "1", Cancel);

        await container.WaitForExitAsync(Cancel);

        Assert.Equal(143, container.ExitCode);
        Assert.Equal("143", (await File.ReadAllTextAsync(Path.Combine(Folder, RestoreContainer.ExitCode), Cancel)).Trim());
    }

    [Fact]
    public async Task Without_a_second_container_the_restore_is_refused()
    {
        await using var alone = new RestoreContainerShell(scratch["alone/restore"], _ => { }, new Hooks.ManualTime { Leaps = true });
        await alone.Begin(Cancel);

        var refused = await Assert.ThrowsAsync<RunnerException>(() => alone.RequireWaiting(Cancel));

        Assert.Equal(ExitCode.Usage, refused.ExitCode);
        Assert.Contains("second container", refused.Hint, StringComparison.Ordinal);
    }

    static ShellCommand Script(string text) => new(ArchiveScript.RestorePath, text, IsScript: true);

    Process Start(string sh, string? wrapper = null)
    {
        string[] words = ["-c", wrapper ?? RestoreContainer.Wrapper, "sh", Folder];
        var process = Process.Start(new ProcessStartInfo("setsid", sh == "busybox" ? ["busybox", "sh", .. words] : [sh, .. words]))!;
        containers.Add(process);
        return process;
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (var container in containers)
        {
            // As the kernel does with a container's processes once its first has ended.
            using var kill = Process.Start("pkill", ["-KILL", "-s", container.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)])!;
            await kill.WaitForExitAsync(CancellationToken.None);
            container.Dispose();
        }
        scratch.Dispose();
    }
}
