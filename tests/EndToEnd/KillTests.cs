using System.Text.Json;
using System.Text.RegularExpressions;
using BackupRunner.Tests.Archive;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.EndToEnd;

/// <summary>
/// Kill -9 of the real program at one system call after the other, by strace: at the Nth call that makes something durable or visible, for
/// N = 1, 2, ... until a run ends by itself.
/// </summary>
public sealed partial class KillTests : IDisposable
{
    const string StoreSteps = "rename,fsync,fdatasync,ftruncate,unlink,rmdir,mkdir";
    const string VolumeSteps = "renameat2,fsync,syncfs,unlinkat,fchmod,fchown,utimensat,mkdirat";
    const int MostSteps = 60;
    const int Killed = 128 + 9;

    readonly Laptop laptop = new();

    public void Dispose() => laptop.Dispose();

    [Fact]
    public async Task A_backup_killed_anywhere_is_never_listed_as_half_and_the_rest_is_swept()
    {
        Shell.Bash($"cd {laptop.Data}; seq 1 100000 >numbers; mkdir folder; echo x >folder/file");
        var kept = await laptop.BackUp();
        var kills = 0;
        for (var step = 1; await Run(StoreSteps, step, "backup") == Killed; step++, kills++)
        {
            Assert.True(step < MostSteps);
            foreach (var listed in JsonDocument.Parse((await laptop.Run("list", "--output", "json")).Exited(0).Out).RootElement.EnumerateArray())
            {
                if (listed.GetProperty("status").GetString() == "complete")
                    (await laptop.Run("verify", "--backup", listed.GetProperty("id").GetString()!)).Exited(0);
                else
                    Assert.Equal("unfinished", listed.GetProperty("status").GetString());
            }
        }
        Assert.True(kills >= 5, $"only {kills} kills");
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
        for (var step = 1; await Run(VolumeSteps, step, ["restore", "--backup", id, .. mode.Split(' ', StringSplitOptions.RemoveEmptyEntries)]) == Killed; step++, kills++)
        {
            Assert.True(step < MostSteps);
            (await laptop.Run("restore", "--resume")).Exited(0);
            Shell.Bash($"rm -rf {laptop.Data}/.backup-restore/kept; rmdir {laptop.Data}/.backup-restore 2>/dev/null || true");
            Assert.False(Directory.Exists(Path.Join(laptop.Data, ".backup-restore")));
            var now = Fingerprint();
            Assert.True(now == old || now == restored, $"step {step} left neither:\n{now}");
            Shell.Bash($"rm -rf {laptop.Data}; cp -a {laptop.Scratch["saved"]} {laptop.Data}");
        }
        Assert.True(kills >= 5, $"only {kills} kills");
        Shell.Bash($"rm -rf {laptop.Data}/.backup-restore");
        Assert.Equal(restored, Fingerprint());
    }

    // Without the root's own time: what this test removes by hand changes it.
    string Fingerprint() => RootTime().Replace(OddTree.Fingerprint(laptop.Data), "$1");

    [GeneratedRegex(@"^(\.\|d\|[^|]*\|[^|]*\|[^|]*)\|[0-9.]+", RegexOptions.Multiline)]
    private static partial Regex RootTime();

    async Task<int> Run(string steps, int step, params string[] call)
    {
        var killing = laptop.Runner with
        {
            Prefix = ["strace", "-f", "--seccomp-bpf", "-qqq", "-o", "/dev/null", "-e", "trace=" + steps, "-e", $"inject={steps}:signal=KILL:when={step}"],
        };
        return (await killing.Run([call[0], "--data", laptop.Data, "--store", laptop.Store, .. call[1..]])).ExitCode;
    }
}
