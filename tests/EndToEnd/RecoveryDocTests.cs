using BackupRunner.Encryption;
using BackupRunner.Policy;
using BackupRunner.Tests.Archive;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.EndToEnd;

/// <summary>docs/RECOVERY.md does what it says, as it is printed, with stock tools alone.</summary>
public sealed class RecoveryDocTests(RecoverySites sites) : IClassFixture<RecoverySites>
{
    static readonly string[] Forms = ["raw", "hex", "base64", "Secret", "recovery"];

    // They need somebody's bucket, or make a pair of keys: that has a test of its own.
    static readonly string[] Elsewhere = ["copy", "pair"];

    public static TheoryData<string, string, bool> Ways
    {
        get
        {
            var ways = new TheoryData<string, string, bool> { { "none", "", false }, { "none", "", true } };
            foreach (var algorithm in EncryptionContract.Algorithms)
            {
                foreach (var form in Forms)
                    ways.Add(algorithm, form, form == "base64");
            }
            return ways;
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task From_the_bucket_to_the_files(string algorithm, string form, bool atOnce)
    {
        var site = await sites.Of(algorithm);
        var result = site.Go(RecoveryPage.Steps(algorithm, form, atOnce), form);
        Assert.True(result.ExitCode == 0, $"exited {result.ExitCode}\n{result.Error}{result.Out}");
        Assert.DoesNotContain("LEFT", result.Out, StringComparison.Ordinal);
        Assert.Equal(site.Fingerprint, OddTree.Fingerprint(site.Restored));
    }

    [Fact]
    public void Every_block_of_the_page_is_run()
    {
        var run = Ways.SelectMany(way => RecoveryPage.Steps(way.Data.Item1, way.Data.Item2, way.Data.Item3)).Concat(Elsewhere);
        Assert.Equal(RecoveryPage.Blocks.Select(block => block.Label).ToHashSet(), run.ToHashSet());
    }

    public static TheoryData<string, string> Damages => new()
    {
        { "flip backup.json $(($(grep -ob manifestSha256 backup.json | cut -d : -f 1) + 30))", "backup.json or backup.json.hmac was altered" },
        { "sed -i 's/\"files\": /&1/' backup.json", "backup.json or backup.json.hmac was altered" },
        { "flip backup.json.hmac 3", "backup.json or backup.json.hmac was altered" },
        { "truncate -s -1 backup.json.hmac", "backup.json or backup.json.hmac was altered" },
        { "echo more >>backup.json.hmac", "backup.json or backup.json.hmac was altered" },
        { "rm backup.json.hmac", "backup.json or backup.json.hmac was altered" },
        { "cp $other/backup.json $other/backup.json.hmac $other/$a* .", "backup.json or backup.json.hmac was altered" },
        { "cp -r $other/. .", "in the folder of" },
        { "flip $a 100", "was altered, or cut off" },
        { "flip $a $(($(stat -c %s $a) - 1)); sha256sum $a >$a.sha256", "was altered, or cut off" },
        { "truncate -s 1M $a; sha256sum $a >$a.sha256", "was altered, or cut off" },
        { "echo more >>$a", "was altered, or cut off" },
        { "cp $other/$a $other/$a.sha256 .", "was altered, or cut off" },
        { "rm $a", "was altered, or cut off" },
        { "sed -i '/aes256-wrap-pad/,$ s/\"wrapped\": \"./&A/' keys/[0-9a-f]*.json", "was altered or damaged" },
        { "jq '.wrapped |= (.[1:2] + .[0:1] + .[2:]) | .wrapped |= (\"AAAA\" + .[4:])' keys/[0-9a-f][0-9a-f]*.json >x; mv x keys/$(ls keys | grep -v recovery)", "was altered or damaged" },
        { "rm keys/[0-9a-f][0-9a-f][0-9a-f]*.json", "needs one of: recovery.json" },
        { "jq '.encryption = {algorithm: \"none\"}' backup.json >x; mv x backup.json", "it was altered" },
        { "jq '.encryption.algorithm = \"\\u001b[2Jrot13\"' backup.json >x; mv x backup.json", "does not know the algorithm ?[2Jrot13" },
        { "jq '.formatVersion = 2' backup.json >x; mv x backup.json", "another format" },
        { "echo '{' >backup.json", "backup.json is damaged" },
        { "rm backup.json", "backup.json" },
    };

    [Theory]
    [MemberData(nameof(Damages))]
    public async Task Refuses_what_was_altered(string damage, string says)
    {
        foreach (var algorithm in EncryptionContract.Algorithms)
        {
            var site = await sites.Of(algorithm);
            Refused(site, site.Go(Without(algorithm, "hex", "copied"), damage: damage), says);
        }
    }

    [Theory]
    [InlineData("wrong", "needs one of:")]
    [InlineData("half", "is no key")]
    public async Task Refuses_a_key_that_does_not_open_it(string form, string says)
    {
        var site = await sites.Of("aes256-gcm");
        Refused(site, site.Go(RecoveryPage.Steps("aes256-gcm", form, atOnce: false), form), says);
    }

    [Fact]
    public async Task Refuses_another_recovery_key_and_an_altered_recovery_wrap()
    {
        using var scratch = new Scratch();
        Shell.Run("openssl", "genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072", "-out", scratch["other.pem"]);
        var site = await sites.Of("aes256-cbc");
        var steps = RecoveryPage.Steps("aes256-cbc", "recovery", atOnce: false);
        Refused(site, site.Go(steps, privateKey: scratch["other.pem"]), "this private key belongs to");
        Refused(site, site.Go(steps, damage: "jq '.wrapped |= (\"AAAA\" + .[4:])' keys/recovery.json >x; mv x keys/recovery.json"), "was altered or damaged");
        Refused(site, site.Go(steps, damage: "rm keys/recovery.json"), "had no recoveryPublicKey");
    }

    [Fact]
    public async Task Finds_an_incomplete_copy_at_once()
    {
        var site = await sites.Of("aes256-gcm");
        Refused(site, site.Go(RecoveryPage.Steps("aes256-gcm", "hex", atOnce: false), damage: "truncate -s 2M $a"), "FAILED");
    }

    [Theory]
    [InlineData("sed -i 's/\"files\": /&1/' backup.json", "backup.json is damaged")]
    [InlineData("mkdir keys", "there are keys")]
    [InlineData("echo >backup.json.hmac", "there are keys")]
    [InlineData("flip $a 100", "was altered, or cut off")]
    [InlineData("cp -r $other/. .", "in the folder of")]
    [InlineData("jq '.manifestSha256 = \"x/y/;1e touch /dev/shm/planted\\n#\"' backup.json >x; mv x backup.json", "backup.json is damaged")]
    public async Task Refuses_a_plain_backup_that_was_damaged(string damage, string says)
    {
        var site = await sites.Of("none");
        Refused(site, site.Go(Without("none", "", "copied"), damage: damage), says);
    }

    /// <summary>Whoever takes a plain backup for an encrypted one, or leaves out a step, is told.</summary>
    [Theory]
    [InlineData("ring-key")]
    [InlineData("manifest")]
    [InlineData("identity")]
    [InlineData("archive")]
    [InlineData("aes256-gcm")]
    public async Task A_step_that_was_left_out_is_missed(string step)
    {
        var site = await sites.Of("aes256-gcm");
        var result = site.Go(Without("aes256-gcm", "hex", step));
        Assert.NotEqual(0, result.ExitCode);
        Assert.False(Directory.Exists(site.Restored));
    }

    /// <summary>The page's way of making one, and the name that it prints.</summary>
    [Fact]
    public void Makes_a_pair_that_a_policy_takes()
    {
        using var scratch = new Scratch();
        var printed = Shell.Bash($"cd {scratch.Path}\n{RecoveryPage.Blocks.Single(block => block.Label == "pair").Text}");
        using var key = RecoveryPrivateKey.Read(scratch["recovery.pem"]);
        Assert.StartsWith(key.PublicKeySha256, printed.Split('\n')[^2], StringComparison.Ordinal);
        Assert.True(RecoveryPublicKey.TryParse(File.ReadAllText(scratch["recovery.pub"]), out var policys, out _));
        Assert.Equal(key.PublicKeySha256, policys.Sha256);
    }

    static List<string> Without(string algorithm, string form, string step) => [.. RecoveryPage.Steps(algorithm, form, atOnce: false).Where(label => label != step)];

    static void Refused(RecoverySite site, ShellResult result, string says)
    {
        var all = result.Out + result.Error;
        Assert.True(result.ExitCode != 0, all);
        Assert.True(all.Contains(says, StringComparison.Ordinal), $"does not say \"{says}\"\n{all}");
        Assert.DoesNotContain("LEFT", result.Out, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.GetDirectoryName(site.Restored)), all);
    }
}
