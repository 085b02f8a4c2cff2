using System.Diagnostics;
using BackupRunner.Backups;
using BackupRunner.Reports;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Backups;

public sealed class RunLockTests : IDisposable
{
    readonly Scratch scratch = new();

    public void Dispose() => scratch.Dispose();

    [Fact]
    public void A_second_run_of_one_series_is_refused_and_told_who_holds_it()
    {
        using var first = RunLock.OfSeries(scratch.Path, Stored.Redis, "backup of x");
        var refused = Assert.Throws<RunnerException>(() => RunLock.OfSeries(scratch.Path, Stored.Redis, "prune"));
        Assert.Equal(ExitCode.Locked, refused.ExitCode);
        Assert.Contains($"backup of x, process {Environment.ProcessId}", refused.Message, StringComparison.Ordinal);
        Assert.True(RunLock.IsHeld(scratch.Path, Stored.Redis));
        Assert.False(RunLock.IsHeld(scratch.Path, Stored.Redis with { Claim = "data-redis-1" }));
        RunLock.OfSeries(scratch.Path, Stored.Redis with { Claim = "data-redis-1" }, "x").Dispose();
    }

    [Fact]
    public void A_lock_is_free_again_when_its_run_ends_or_is_killed()
    {
        RunLock.OfData(scratch.Path, "/data", "backup").Dispose();
        using var again = RunLock.OfData(scratch.Path, "/data", "backup");
        Assert.False(RunLock.IsHeld(scratch.Path, Stored.Redis));
        string file;
        using (RunLock.OfSeries(scratch.Path, Stored.Redis, "x"))
            file = Directory.GetFiles(Path.Combine(scratch.Path, "locks"), "series-*.lock").Single();
        using var holder = Process.Start(new ProcessStartInfo("flock", ["-n", "-o", file, "sh", "-c", "echo held; exec cat"])
        {
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        })!;
        Assert.Equal("held", holder.StandardOutput.ReadLine());
        Assert.True(RunLock.IsHeld(scratch.Path, Stored.Redis));
        holder.Kill();
        holder.WaitForExit();
        Assert.False(RunLock.IsHeld(scratch.Path, Stored.Redis));
    }

    [Fact]
    public void A_state_folder_that_cannot_be_written_is_an_error_that_names_state()
    {
        scratch.File("file");
        var refused = Assert.Throws<RunnerException>(() => RunLock.OfSeries(scratch["file"], Stored.Redis, "x"));
        Assert.Equal(ExitCode.Usage, refused.ExitCode);
        Assert.Contains("--state", refused.Hint, StringComparison.Ordinal);
    }
}
