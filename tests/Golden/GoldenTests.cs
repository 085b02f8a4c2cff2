using BackupRunner.Tests.EndToEnd;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Golden;

/// <summary>What earlier versions stored can be restored, with and without this program, for ever (tests/Golden/README.md).</summary>
public sealed class GoldenTests
{
    // Of the versions that were ever released.
    static readonly string[] Known = ["1-0.1.0"];

    public static TheoryData<string, string> All => Data(GoldenSet.Algorithms);

    public static TheoryData<string, string> Encrypted => Data(GoldenSet.Algorithms.Where(algorithm => algorithm != "none"));

    [Fact]
    public void No_set_was_changed_or_removed()
    {
        Assert.Subset(GoldenSet.Folders.Select(Path.GetFileName).ToHashSet(), Known.ToHashSet<string?>());
        foreach (var set in GoldenSet.Folders)
        {
            Shell.Bash($"cd '{set}'; sha256sum --quiet --strict -c SHA256SUMS; diff <(cut -c 67- SHA256SUMS | sort) <(find . -type f ! -name SHA256SUMS | sort)");
            Assert.Subset(Directory.GetDirectories(set).Select(Path.GetFileName).ToHashSet(), GoldenSet.Algorithms.ToHashSet<string?>());
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Restores_with_the_ring(string set, string algorithm)
    {
        using var golden = new GoldenSet(Folder(set), algorithm);
        (await golden.Run("verify", ["--all", .. golden.Keys])).Exited(0);
        await golden.Restores("restore", golden.Keys);
        await golden.Restores("restore", [.. golden.Keys, "--in-place"]);
    }

    [Theory]
    [MemberData(nameof(Encrypted))]
    public async Task Restores_with_the_recovery_key(string set, string algorithm)
    {
        using var golden = new GoldenSet(Folder(set), algorithm);
        await golden.Restores("keys recover", "--private-key", golden.RecoveryKey);
    }

    [Theory]
    [MemberData(nameof(Encrypted))]
    public async Task Is_rewrapped_by_a_new_key(string set, string algorithm)
    {
        using var golden = new GoldenSet(Folder(set), algorithm);
        var old = Path.GetFileNameWithoutExtension(Directory.GetFiles(golden.Backup + "/keys").Single(file => !file.EndsWith("recovery.json", StringComparison.Ordinal)));
        File.Move(golden.Ring + "/key", $"{golden.Ring}/key-{old}");
        File.WriteAllText(golden.Ring + "/key", new string('7', 64));
        (await golden.Run("keys rewrap", "--keys", golden.Ring)).Exited(0);
        File.Delete($"{golden.Ring}/key-{old}");
        Assert.False(File.Exists($"{golden.Backup}/keys/{old}.json"));
        await golden.Restores("restore", golden.Keys);
        await golden.Restores("keys recover", "--private-key", golden.RecoveryKey);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Restores_without_this_program(string set, string algorithm)
    {
        foreach (var form in algorithm == "none" ? new[] { "" } : ["hex", "recovery"])
        {
            using var golden = new GoldenSet(Folder(set), algorithm);
            var settings = new Dictionary<string, string>
            {
                ["copy"] = golden.Scratch["store"],
                ["backup"] = golden.Backup,
                ["key"] = golden.Ring + "/key",
                ["private_key"] = golden.RecoveryKey,
                ["out"] = golden.Scratch["restored"],
            };
            var result = RecoveryPage.Run(golden.Scratch, RecoveryPage.Steps(algorithm, form, atOnce: false), settings, golden.Scratch.Folder("tools"));
            Assert.True(result.ExitCode == 0, result.Error + result.Out);
            Assert.Equal(golden.Contents, GoldenSet.Describe(golden.Scratch["restored/data"]));
        }
    }

    [Fact]
    public async Task A_new_set_is_made_as_the_old_ones_were_and_replaces_none()
    {
        using var scratch = new Scratch();
        var make = Repository.PathOf("tests/Golden/make");
        var program = Path.Join(AppContext.BaseDirectory, "backup-runner.dll");
        Shell.Run(make, scratch["set"], program);
        foreach (var algorithm in GoldenSet.Algorithms)
        {
            using var golden = new GoldenSet(scratch["set"], algorithm);
            await golden.Restores("restore", golden.Keys);
        }
        var before = Shell.Bash($"cd {scratch["set"]}; find . -type f -exec sha256sum {{}} + | sort");
        Assert.Contains("never replaced", Shell.Try(make, scratch["set"], program).Error, StringComparison.Ordinal);
        Assert.Equal(before, Shell.Bash($"cd {scratch["set"]}; find . -type f -exec sha256sum {{}} + | sort"));
    }

    static string Folder(string set) => Repository.PathOf("tests/Golden/" + set);

    static TheoryData<string, string> Data(IEnumerable<string> algorithms)
    {
        var data = new TheoryData<string, string>();
        foreach (var set in GoldenSet.Folders)
        {
            foreach (var algorithm in algorithms)
                data.Add(Path.GetFileName(set), algorithm);
        }
        return data;
    }
}
