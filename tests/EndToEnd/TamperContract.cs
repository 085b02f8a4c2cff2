using BackupRunner.Tests.Archive;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.EndToEnd;

/// <summary>Who can write the store, and does not have the keys, can make no backup that is restored.</summary>
public abstract class TamperContract : SiteContract
{
    // $a is the archive, $k the wrapped key, $other the folder of another backup. "sealed" rewrites the manifest and its own checksum.
    const string Tools = """
        a=$(ls backup.tar.gz.* | grep -v sha256); k=keys/$(ls keys | grep -v recovery)
        sealed() {
            jq "$1" backup.json >new
            sed -i "s/$(jq -r .manifestSha256 new)/$(printf %064d 0)/" new
            sed "s/$(printf %064d 0)/$(sha256sum new | cut -c -64)/" new >backup.json
            rm new
        }
        segment() { dd if="$a" bs=1M skip="$1" count=1 status=none; }
        record() {
            sha256sum "$a" >"$a.sha256"
            sealed ".object.sha256 = \"$(cut -c -64 "$a.sha256")\" | .object.bytes = $(stat -c %s "$a")"
        }
        """;

    static readonly (string Damage, string Says)[] OfAll =
    [
        ("flip $a 100", "altered"),
        ("flip $a $(($(stat -c %s $a) - 1))", "altered"),
        ("truncate -s -1 $a", "bytes, the manifest says"),
        ("truncate -s 1M $a; record", "backup.json.hmac"),
        ("cp $other/$a $a", "altered"),
        ("cp $other/$a $a; record", "backup.json.hmac"),
        ("cp $other/$a $a; cp $other/$a.sha256 $a.sha256; cp $other/backup.json backup.json; cp $other/backup.json.hmac backup.json.hmac", "backup.json.hmac"),
        ("cp $other/$k $k", "$k"),
        ("jq --arg id $(basename $PWD) '.backup = $id' $other/$k >$k", "backup.json.hmac"),
        ("sed -i 's/\"wrapped\": \"./\"wrapped\": \"_/' $k", "$k"),
        ("jq '.wrapped |= (.[1:2] + .[0:1] + .[2:])' $k >x; if cmp -s x $k; then flip x $(($(stat -c %s x) - 10)); fi; mv x $k", "$k"),
        ("echo '{}' >$k", "$k"),
        ("truncate -s 0 $k", "$k"),
        ("truncate -s 1M $k", "$k"),
        ("sed -i 's/aes256-wrap-pad/rot13/' $k", "rot13"),
        ("rm $k", "wrapped key"),
        ("rm backup.json.hmac", "backup.json.hmac"),
        ("flip backup.json.hmac 3", "backup.json.hmac"),
        ("truncate -s -1 backup.json.hmac", "backup.json.hmac"),
        ("truncate -s 1M backup.json.hmac", "backup.json.hmac"),
        ("sealed '.archive.files = 7'", "backup.json.hmac"),
        ("sealed '.encryption.algorithm = \"rot13\"'", "rot13"),
        ("sealed '.formatVersion = 2'", "formatVersion 2"),
        ("sealed 'del(.encryption)'", "backup.json"),
        ("sealed '.encryption = {algorithm: \"none\"}'", "beside it"),
        ("sealed '.encryption = {algorithm: \"none\"}'; rm -r keys backup.json.hmac", "no archive encrypted by"),
        ("tar -czf backup.tar.gz --files-from /dev/null; rm -r keys backup.json.hmac $a*; a=backup.tar.gz; sealed '.encryption = {algorithm: \"none\"} | .object.key = \"backup.tar.gz\" | del(.gzip)'; record", "not encrypted"),
    ];

    static readonly (string Damage, string Says)[] OfSegments =
    [
        ("(segment 0; segment 2; segment 1; segment 3) >x; mv x $a", "altered"),
        ("(segment 0; segment 1; segment 1; segment 3) >x; mv x $a", "altered"),
        ("(segment 0; segment 2; segment 3) >x; mv x $a", "bytes, the manifest says"),
        ("truncate -s 2M $a", "bytes, the manifest says"),
    ];

    /// <summary>Which quarter of the matrix is enough here, 1 to 4; 0: all of it.</summary>
    protected virtual int Quarter => 0;

    public static TheoryData<string> Algorithms => EncryptionContract.Algorithms;

    [Theory]
    [MemberData(nameof(Algorithms))]
    public async Task Refuses_what_was_altered_and_touches_nothing(string algorithm)
    {
        var site = new EncryptedSite(Site, algorithm);
        Shell.Bash($"head -c 3500000 /dev/urandom >{Site.Data}/noise; echo 1 >{Site.Data}/one");
        var (id, other) = (await site.BackUp(), await site.BackUp());
        Site.Scratch.File("data/one", "changed since");
        var undamage = await Site.Remember();
        var before = OddTree.Fingerprint(Site.Data);
        var all = OfAll.Concat(algorithm == "aes256-gcm" ? OfSegments : []);
        foreach (var (damage, says) in all.Where((_, index) => Quarter == 0 || index % 4 == Quarter - 1))
        {
            await Site.Damage($"other=../{other}\n{Tools}\n{damage}", id);
            foreach (var mode in new string[][] { [], ["--in-place"] })
            {
                var refused = await site.Run("restore", ["--backup", id, .. mode]);
                Assert.True(refused.ExitCode == 5, $"{damage}: exited {refused.ExitCode}\n{refused.Error}");
                var said = says.Replace("$k", $"keys/{site.Ring.Current}.json", StringComparison.Ordinal);
                Assert.True(refused.Error.Contains(said, StringComparison.Ordinal), $"{damage}: does not speak of {said}\n{refused.Error}");
            }
            Assert.Equal(before, OddTree.Fingerprint(Site.Data));
            await undamage();
        }
        (await site.Run("verify", "--all")).Exited(0);
        (await site.Run("restore", "--backup", id)).Exited(0);
    }

    [Fact]
    public async Task A_backup_from_before_encryption_is_taken_only_when_it_is_named_and_never_goes_by_itself()
    {
        Site.Scratch.File("data/one", "1");
        var early = Site.Runner with { Clock = new SetClock(DateTimeOffset.UtcNow.AddHours(-1)) };
        (await early.InProcess(["backup", "--data", Site.Data, .. Site.Store()])).Exited(0);
        var plain = Assert.Single(Ids(await Site.Keys()));
        var site = new EncryptedSite(Site, "aes256-gcm");
        Site.Scratch.File("data/one", "2");
        var refused = (await site.Run("restore", "--latest")).Exited(2);
        Assert.Contains($"--allow-plain {plain}", refused.Error, StringComparison.Ordinal);
        (await site.Run("restore", "--backup", plain)).Exited(5);
        (await site.Run("restore", "--backup", plain, "--allow-plain", "20260101t000000z-aaaaaa")).Exited(5);
        (await site.Run("verify", "--latest")).Exited(2);
        Assert.Contains("plain", (await site.Run("list")).Exited(0).Out, StringComparison.Ordinal);
        Assert.Equal("2", await File.ReadAllTextAsync(Site.Scratch["data/one"], Cancel));
        (await site.Run("restore", "--backup", plain, "--allow-plain", plain)).Exited(0);
        Assert.Equal("1", await File.ReadAllTextAsync(Site.Scratch["data/one"], Cancel));

        // It neither counts for keepCount nor is removed, however old.
        var late = Site.Runner with { Clock = new SetClock(DateTimeOffset.UtcNow.AddYears(1)) };
        string[] named = ["--data", Site.Data, .. site.Policy("retention: {keepCount: 1, remoteRetention: 1d}"), "--keys", site.Ring.Path];
        var first = await site.BackUp();
        var pruned = (await late.InProcess(["prune", .. named])).Exited(0);
        Assert.Contains("does not count and is kept", pruned.Error, StringComparison.Ordinal);
        Assert.Equal([plain, first], Ids(await Site.Keys()));
        (await late.InProcess(["prune", .. named, "--allow-plain", plain])).Exited(0);
        Assert.Equal([first], Ids(await Site.Keys()));

        static IEnumerable<string> Ids(IEnumerable<string> keys) => keys.Where(key => key.EndsWith("/backup.json", StringComparison.Ordinal)).Select(key => key.Split('/')[^2]);
    }

    /// <summary>A plain backup that is dated into the future must neither be restored nor push the good ones out.</summary>
    [Fact]
    public async Task A_planted_backup_is_passed_over_for_the_newest_that_is_proven()
    {
        Site.Scratch.File("data/one", "planted");
        var planter = Site.Runner with { Clock = new SetClock(DateTimeOffset.UtcNow.AddYears(3)) };
        for (var i = 0; i < 3; i++)
            (await planter.InProcess(["backup", "--data", Site.Data, .. Site.Store()])).Exited(0);
        var site = new EncryptedSite(Site, "aes256-gcm");
        Site.Scratch.File("data/one", "good");
        await site.BackUp();
        Site.Scratch.File("data/one", "since");
        Assert.Contains("skipped a newer backup", (await site.Run("restore", "--latest")).Exited(0).Error, StringComparison.Ordinal);
        Assert.Equal("good", await File.ReadAllTextAsync(Site.Scratch["data/one"], Cancel));
    }

    /// <summary>Whoever plants one may hope that the policy and the keys are left out.</summary>
    [Fact]
    public async Task A_series_that_turned_plain_is_refused_also_without_a_policy_that_encrypts()
    {
        var site = new EncryptedSite(Site, "aes256-gcm");
        var early = Site.Runner with { Clock = new SetClock(DateTimeOffset.UtcNow.AddHours(-1)) };
        Site.Scratch.File("data/one", "good");
        (await early.InProcess(["backup", "--data", Site.Data, .. site.Policy(), "--keys", site.Ring.Path])).Exited(0);
        Site.Scratch.File("data/one", "planted");
        var planted = await Site.BackUp();
        Site.Scratch.File("data/one", "since");
        foreach (var keys in new string[][] { [], ["--keys", site.Ring.Path] })
        {
            foreach (var which in new string[][] { ["--latest"], ["--backup", planted] })
                Assert.Contains($"--allow-plain {planted}", (await Site.Run("restore", [.. which, .. keys])).Exited(5).Error, StringComparison.Ordinal);
        }
        var recovered = (await site.Recover("--backup", planted)).Exited(5);
        Assert.DoesNotContain("--allow-plain", recovered.Error, StringComparison.Ordinal);
        Assert.Equal("since", await File.ReadAllTextAsync(Site.Scratch["data/one"], Cancel));
        (await Site.Run("restore", "--latest", "--allow-plain", planted)).Exited(0);
    }

    /// <summary>Who can write the store can write a manifest that nobody can open, and date it into the future.</summary>
    [Fact]
    public async Task A_planted_backup_that_cannot_be_opened_is_refused_with_the_newest_that_can()
    {
        var site = new EncryptedSite(Site, "aes256-gcm");
        Site.Scratch.File("data/one", "1");
        var good = await site.BackUp();
        await Site.Damage($"mkdir -p ../20301122t020000z-aaaaaa/keys; cp backup.json ../20301122t020000z-aaaaaa; echo x >../20301122t020000z-aaaaaa/keys/0123456789abcdef.json", good);
        Assert.Contains($"--backup {good}", (await site.Run("restore", "--latest")).Exited(5).Error, StringComparison.Ordinal);
        (await site.Run("restore", "--backup", good)).Exited(0);
        (await site.Run("backup")).Exited(0);
        (await site.Run("prune")).Exited(0);
    }

    [Fact]
    public async Task An_encrypted_backup_without_keys_says_what_is_missing()
    {
        var site = new EncryptedSite(Site, "aes256-gcm");
        Site.Scratch.File("data/one", "1");
        await site.BackUp();
        Assert.Contains("complete", (await Site.Run("list")).Exited(0).Out, StringComparison.Ordinal);
        Assert.Contains("--keys", (await Site.Run("restore", "--latest")).Exited(2).Error, StringComparison.Ordinal);
        Assert.Contains("--keys", (await Site.Run("verify", "--latest")).Exited(2).Error, StringComparison.Ordinal);
        Assert.Contains("\"locked\"", (await Site.Run("verify", "--all", "--output", "json")).Exited(2).Out, StringComparison.Ordinal);
        foreach (var verb in new[] { "backup", "prune", "verify --all", "check", "restore --latest", "keys rewrap" })
        {
            var unnamed = await Site.Runner.InProcess([.. verb.Split(' '), "--data", Site.Data, .. site.Policy()]);
            Assert.Contains("--keys", unnamed.Exited(2).Error, StringComparison.Ordinal);
        }
    }
}
