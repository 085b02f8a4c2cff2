using System.Text.Json;
using BackupRunner.Tests.Archive;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.EndToEnd;

/// <summary>What a user does whose policy encrypts, over every provider and by every algorithm.</summary>
public abstract class EncryptionContract : SiteContract
{
    public static TheoryData<string> Algorithms => ["aes256-gcm", "aes256-cbc", "gpg"];

    [Theory]
    [MemberData(nameof(Algorithms))]
    public async Task A_folder_comes_back_as_it_was_and_nothing_of_it_is_stored_in_the_clear(string algorithm)
    {
        var site = new EncryptedSite(Site, algorithm);
        OddTree.Build(Site.Data);
        Site.Scratch.File("data/known", "a sentence that is easily found");
        var before = OddTree.Fingerprint(Site.Data);
        var id = await site.BackUp();
        (await site.Run("verify", "--backup", id)).Exited(0);
        foreach (var mode in new string[][] { [], ["--in-place"] })
        {
            Shell.Bash($"find {Site.Data} -mindepth 1 -delete; echo other >{Site.Data}/other; chmod 0711 {Site.Data}");
            (await site.Run("restore", ["--backup", id, .. mode])).Exited(0);
            Assert.Equal(before, OddTree.Fingerprint(Site.Data));
        }
        var folder = await Site.Download(id);
        Assert.Equal("", Shell.Bash($"cd {folder}; grep -rl -e known -e sentence . || true"));
        // What is not encrypted would still be gzip, and then this would list it.
        Assert.NotEqual(0, Shell.Try("tar", "-tzf", $"{folder}/backup.tar.gz.{algorithm[^3..]}").ExitCode);
        Shell.Bash($"cd {folder}; sha256sum -c --strict backup.tar.gz.{algorithm[^3..]}.sha256");
        var listed = JsonDocument.Parse((await site.Run("list", "--output", "json")).Exited(0).Out).RootElement[0];
        Assert.Equal(("complete", algorithm, site.Ring.Current),
            (listed.GetProperty("status").GetString(), listed.GetProperty("encryption").GetString(), listed.GetProperty("keyIds")[0].GetString()));
    }

    [Theory]
    [MemberData(nameof(Algorithms))]
    public async Task The_recovery_key_alone_restores_and_exports(string algorithm)
    {
        var site = new EncryptedSite(Site, algorithm);
        Site.Scratch.File("data/one", "1");
        await site.BackUp();
        Site.Scratch.File("data/one", "2");
        (await site.Recover("--latest", "--export", Site.Scratch["one.tar.gz"])).Exited(0);
        Assert.Equal("1", Shell.Run("tar", "-xzOf", Site.Scratch["one.tar.gz"], "./one"));
        Assert.Equal("2", await File.ReadAllTextAsync(Site.Scratch["data/one"], Cancel));
        (await site.Recover("--latest")).Exited(0);
        Assert.Equal("1", await File.ReadAllTextAsync(Site.Scratch["data/one"], Cancel));
        (await site.Recover("--latest", "--export", Site.Scratch["one.tar.gz"])).Exited(2);
        (await site.Recover("--latest", "--export", Site.Scratch["no/such/folder"])).Exited(6);
        (await site.Recover("--latest", "--export", "")).Exited(2);
        await Site.Damage("flip backup.tar.gz." + algorithm[^3..] + " 200");
        (await site.Recover("--latest", "--export", Site.Scratch["damaged.tar.gz"])).Exited(5);
        Assert.Equal(["one.tar.gz"], Directory.EnumerateFiles(Site.Scratch.Path).Select(Path.GetFileName).Where(name => name!.Contains("tar.gz", StringComparison.Ordinal)));
        Assert.Equal("600\n", Shell.Run("stat", "-c", "%a", Site.Scratch["one.tar.gz"]));
    }

    [Fact]
    public async Task After_the_key_was_exchanged_the_next_backup_makes_the_old_one_needless()
    {
        var site = new EncryptedSite(Site, "aes256-gcm");
        Site.Scratch.File("data/one", "1");
        var ids = new List<string> { await site.BackUp(), await site.BackUp() };
        var old = site.Ring.Current;
        var manifests = Manifests();
        site.Ring.Exchange();
        var third = (await site.Run("backup", "--report", Site.Scratch["report.json"])).Exited(0);
        Assert.Contains("rewrapped 2 older", third.Out, StringComparison.Ordinal);
        var report = JsonDocument.Parse(await File.ReadAllTextAsync(Site.Scratch["report.json"], Cancel)).RootElement;
        Assert.Equal((site.Ring.Current, 2, 0), (
            report.GetProperty("rewrap").GetProperty("keyId").GetString(),
            report.GetProperty("rewrap").GetProperty("done").GetInt32(),
            report.GetProperty("rewrap").GetProperty("left").GetArrayLength()));
        Assert.Equal(site.Ring.Current, report.GetProperty("backups")[0].GetProperty("keyId").GetString());
        Assert.DoesNotContain(await Site.Keys(), key => key.EndsWith($"keys/{old}.json", StringComparison.Ordinal));
        Assert.Subset(Manifests().ToHashSet(), manifests.ToHashSet());
        site.Ring.Forget(old);
        foreach (var id in ids)
        {
            Site.Scratch.File("data/one", "since");
            (await site.Run("restore", "--backup", id)).Exited(0);
            Assert.Equal("1", await File.ReadAllTextAsync(Site.Scratch["data/one"], Cancel));
            // The recovery wrap is as it was.
            (await site.Recover("--backup", id)).Exited(0);
        }

        string[] Manifests() => Shell.Bash($"cd {Site.Download().GetAwaiter().GetResult().Split('\n')[0]}/..; sha256sum */backup.json").Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    [Fact]
    public async Task Keys_are_audited_over_all_series_and_rewrapped_by_hand()
    {
        var site = new EncryptedSite(Site, "aes256-cbc");
        Site.Scratch.File("data/one", "1");
        string[] other = ["--workload", "statefulset/other", "--cluster", "elsewhere"];
        await site.BackUp(other);
        await site.BackUp();
        var old = site.Ring.Current;
        site.Ring.Exchange();
        await site.BackUp();
        Assert.Equal([(old, 1, "present"), (site.Ring.Current, 2, "current")], await Audit(site));
        Assert.Equal([(old, 1, "present")], await Audit(site, "--below", "elsewhere/local/statefulset.other"));
        Assert.Equal([(old, 1, "present")], await Audit(site, "--below", "elsewhere/local/statefulset.other", "--below", "elsewhere"));
        Assert.Empty(await Audit(site, "--below", "elsewhere/local/statefulset.oth"));
        foreach (var path in (string[])["", "/elsewhere", "elsewhere/", "elsewhere/../local"])
            (await Site.Runner.InProcess(["keys", "audit", .. Site.Store(), "--below", path])).Exited(2);
        site.Ring.Forget(old);
        Assert.Equal([(old, 1, "missing"), (site.Ring.Current, 2, "current")], await Audit(site));
        // A backup that lost its key is not passed over for an older one, nor counted, nor removed.
        var locked = (await site.Run("restore", [.. other, "--latest"])).Exited(5);
        Assert.Contains($"\"key-{old}\"", locked.Error, StringComparison.Ordinal);
        Assert.Contains("locked", (await site.Run("list", other)).Exited(0).Out, StringComparison.Ordinal);
        (await site.Run("prune", other)).Exited(0);
        Assert.Equal([(old, 1, "missing"), (site.Ring.Current, 2, "current")], await Audit(site));
        (await site.Recover([.. other, "--latest"])).Exited(0);
    }

    [Fact]
    public async Task A_series_that_is_backed_up_no_more_is_rewrapped_by_hand()
    {
        var site = new EncryptedSite(Site, "aes256-gcm");
        Site.Scratch.File("data/one", "1");
        await site.BackUp();
        var old = site.Ring.Current;
        site.Ring.Exchange();
        Assert.Contains("rewrapped 1", (await site.Run("keys rewrap")).Exited(0).Out, StringComparison.Ordinal);
        Assert.Contains("nothing to do", (await site.Run("keys rewrap")).Exited(0).Out, StringComparison.Ordinal);
        site.Ring.Forget(old);
        (await site.Run("restore", "--latest")).Exited(0);
    }

    /// <summary>A mistyped name must not be taken for "no backup needs this key".</summary>
    [Fact]
    public async Task Nothing_found_is_said_by_the_verbs_that_decide_over_keys()
    {
        var site = new EncryptedSite(Site, "aes256-gcm");
        Site.Scratch.File("data/one", "1");
        await site.BackUp();
        (await site.Run("keys rewrap", "--workload", "statefulset/tpyo")).Exited(2);
        var audit = (await Site.Runner.InProcess(["keys", "audit", .. Site.Prefixed("typo"), "--keys", site.Ring.Path, "--output", "json"])).Exited(0);
        Assert.Contains("no backup lies below the prefix", audit.Error, StringComparison.Ordinal);
        Assert.Equal(0, JsonDocument.Parse(audit.Out).RootElement.GetProperty("audit").GetProperty("backups").GetInt64());
    }

    [Fact]
    public async Task Retention_keeps_and_removes_encrypted_backups_with_all_that_belongs_to_them()
    {
        var site = new EncryptedSite(Site, "aes256-gcm");
        Site.Scratch.File("data/one", "1");
        var clock = new SetClock(new DateTimeOffset(2026, 1, 1, 2, 0, 0, TimeSpan.Zero));
        string[] named = ["--data", Site.Data, .. site.Policy("retention: {keepCount: 2, remoteRetention: 1d}"), "--keys", site.Ring.Path];
        var runner = Site.Runner with { Clock = clock };
        for (var day = 0; day < 5; day++, clock.Now += TimeSpan.FromDays(1))
            (await runner.InProcess(["backup", .. named])).Exited(0);
        Assert.Equal(2 * 6, (await Site.Keys()).Count);
    }

    async Task<List<(string, int, string)>> Audit(EncryptedSite site, params string[] below)
    {
        var audit = (await Site.Runner.InProcess(["keys", "audit", .. Site.Store(), "--keys", site.Ring.Path, .. below, "--output", "json"])).Exited(0);
        var keys = JsonDocument.Parse(audit.Out).RootElement.GetProperty("audit").GetProperty("keys").EnumerateArray()
            .Select(key => (key.GetProperty("keyId").GetString()!, key.GetProperty("wraps").GetInt32(), key.GetProperty("ring").GetString()!));
        return [.. keys.OrderBy(key => key.Item3 == "current")];
    }
}
