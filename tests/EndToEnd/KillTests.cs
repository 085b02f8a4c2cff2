using System.Text.Json;
using System.Text.RegularExpressions;
using BackupRunner.Tests.Archive;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.EndToEnd;

/// <summary>
/// Kill -9 of the real program, by strace, at its Nth call of each system call that makes something durable or visible, for N = 1, 2, ...
/// until a run ends by itself. strace counts by thread, so this is a sample; every step in turn is killed in process, by DyingStore and
/// by the dying volume of the restore's own tests.
/// </summary>
public sealed partial class KillTests : IDisposable
{
    static readonly string[] StoreSteps = ["mkdir", "fsync", "rename", "pwrite64"];
    static readonly string[] VolumeSteps = ["mkdirat", "fsync", "renameat2", "syncfs", "unlinkat", "utimensat"];

    const int MostSteps = 40;
    const int Killed = 128 + 9;

    readonly Laptop laptop = new();

    public void Dispose() => laptop.Dispose();

    [Fact]
    public async Task A_backup_killed_anywhere_is_never_listed_as_half_and_the_rest_is_swept()
    {
        Shell.Bash($"cd {laptop.Data}; seq 1 100000 >numbers; mkdir folder; echo x >folder/file");
        var kept = await laptop.BackUp();
        var kills = 0;
        await foreach (var _ in Kills(() => { }, StoreSteps, "backup"))
        {
            kills++;
            foreach (var listed in JsonDocument.Parse((await laptop.Run("list", "--output", "json")).Exited(0).Out).RootElement.EnumerateArray())
            {
                if (listed.GetProperty("status").GetString() == "complete")
                    (await laptop.Run("verify", "--backup", listed.GetProperty("id").GetString()!)).Exited(0);
                else
                    Assert.Equal("unfinished", listed.GetProperty("status").GetString());
            }
        }
        Assert.True(kills >= 3, $"only {kills} kills");
        // A day later.
        Shell.Bash($"find {laptop.Store} -type f -exec touch -d '25 hours ago' {{}} +");
        (await laptop.Run("prune")).Exited(0);
        Shell.Bash($"""
            cd {laptop.Store}
            test -z "$(find . -name '*.partial')"
            for folder in local/local/folder.*/data/*; do test -f $folder/backup.json; test "$(ls $folder | wc -l)" = 3; done
            """);
        (await laptop.Run("restore", "--backup", kept)).Exited(0);
    }

    [Theory]
    [InlineData("")]
    [InlineData("--keep-old-data")]
    [InlineData("--in-place")]
    public async Task A_restore_killed_anywhere_is_finished_or_undone_by_the_next(string mode)
    {
        OddTree.Build(laptop.Data);
        var id = await laptop.BackUp();
        var restored = Fingerprint();
        Shell.Bash($"cd {laptop.Data}; find . -mindepth 1 -delete; echo old >old; mkdir folder; echo x >folder/file; chmod 0711 .; touch -d 2001-02-03 .");
        var old = Fingerprint();
        Shell.Bash($"cp -a {laptop.Data} {laptop.Scratch["saved"]}");
        var kills = 0;
        void Reset() => Shell.Bash($"rm -rf {laptop.Data}; cp -a {laptop.Scratch["saved"]} {laptop.Data}");
        await foreach (var step in Kills(Reset, VolumeSteps, ["restore", "--backup", id, .. mode.Split(' ', StringSplitOptions.RemoveEmptyEntries)]))
        {
            kills++;
            (await laptop.Run("restore", "--resume")).Exited(0);
            Shell.Bash($"rm -rf {laptop.Data}/.backup-restore/kept; rmdir {laptop.Data}/.backup-restore 2>/dev/null || true");
            Assert.False(Directory.Exists(Path.Join(laptop.Data, ".backup-restore")));
            var now = Fingerprint();
            Assert.True(now == old || now == restored, $"step {step} left neither:\n{now}");
        }
        Assert.True(kills >= 5, $"only {kills} kills");
    }

    // Without the root's own time: what this test removes by hand changes it.
    string Fingerprint() => RootTime().Replace(OddTree.Fingerprint(laptop.Data), "$1");

    [GeneratedRegex(@"^(\.\|d\|[^|]*\|[^|]*\|[^|]*)\|[0-9.]+", RegexOptions.Multiline)]
    private static partial Regex RootTime();

    /// <summary>Runs the call again and again, and yields after each kill.</summary>
    async IAsyncEnumerable<string> Kills(Action prepare, string[] systemCalls, params string[] call)
    {
        foreach (var systemCall in systemCalls)
        {
            for (var nth = 1; ; nth++)
            {
                prepare();
                if (await Run(systemCall, nth, call) != Killed)
                    break;
                Assert.True(nth < MostSteps);
                yield return $"{systemCall} {nth}";
            }
        }
    }

    async Task<int> Run(string systemCall, int nth, string[] call)
    {
        var killing = laptop.Runner with
        {
            Prefix = ["strace", "-f", "--seccomp-bpf", "-qqq", "-o", "/dev/null", "-e", "trace=" + systemCall, "-e", $"inject={systemCall}:signal=KILL:when={nth}"],
        };
        return (await killing.Run([call[0], "--data", laptop.Data, "--store", laptop.Store, .. call[1..]])).ExitCode;
    }
}
