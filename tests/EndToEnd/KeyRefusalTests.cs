using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.EndToEnd;

/// <summary>Keys that cannot be used end a run before anything is stored, and are never shown.</summary>
public sealed class KeyRefusalTests : IDisposable
{
    const string Hex = "00112233445566778899aabbccddeeff0123456789abcdeffedcba9876543210";

    readonly Laptop laptop = new();

    public KeyRefusalTests()
    {
        laptop.Scratch.File("data/one", "1");
        laptop.Scratch.Folder("ring");
    }

    public void Dispose() => laptop.Dispose();

    [Theory]
    [InlineData("printf 1234567890123456789012345678901", "31 hex digits")]
    [InlineData("printf '%031d' 0 | tr 0 .", "31 bytes")]
    [InlineData("printf '%064d' 0 | tr 0 .", "64 bytes")]
    [InlineData("true", "is empty")]
    [InlineData("printf ' \\n\\t'", "white space")]
    [InlineData($"printf {Hex} | head -c 63", "63 hex digits")]
    [InlineData($"printf {Hex} | head -c 32", "32 hex digits")]
    [InlineData($"printf {Hex} | sed s/f/g/", "base64 of 48 bytes")]
    [InlineData($"printf 'key: %s' {Hex}", "69 bytes")]
    [InlineData($"printf {Hex} | head -c 40 | base64", "base64 of 40 bytes")]
    [InlineData("head -c 3000 /dev/zero", "bytes")]
    public async Task Whatever_is_no_key(string content, string says)
    {
        Shell.Bash($"({content}) >{laptop.Scratch["ring/key"]}");
        foreach (var verb in new[] { "backup", "check", "prune", "verify --all", "restore --latest", "keys rewrap" })
        {
            var refused = (await Run(verb)).Exited(5);
            Assert.Contains(says, refused.Error, StringComparison.Ordinal);
            Assert.Contains("keys generate", refused.Error, StringComparison.Ordinal);
            Assert.DoesNotContain("0011223344", refused.Error + refused.Out, StringComparison.Ordinal);
        }
        Assert.Contains(says, (await laptop.Runner.InProcess("keys", "fingerprint", laptop.Scratch["ring/key"])).Exited(5).Error, StringComparison.Ordinal);
        Assert.Equal("", laptop.Stored());
    }

    /// <summary>All of them are the same 32 bytes.</summary>
    [Theory]
    [InlineData($"printf '%s\\n' {Hex}")]
    [InlineData($"printf '%s\\r\\n' {Hex} | tr a-f A-F")]
    [InlineData($"printf {Hex} | fold -w 8")]
    [InlineData($"printf {Hex} | sed 's/../\\\\x&/g' | xargs -0 printf '%b'")]
    [InlineData($"printf {Hex} | sed 's/../\\\\x&/g' | xargs -0 printf '%b' | base64")]
    [InlineData($"printf {Hex} | sed 's/../\\\\x&/g' | xargs -0 printf '%b' | base64 | fold -w 10; echo")]
    public async Task Every_form_of_a_key_is_taken(string content)
    {
        Shell.Bash($"({content}) >{laptop.Scratch["ring/key"]}");
        (await Run("backup")).Exited(0);
        await File.WriteAllTextAsync(laptop.Scratch["ring/key"], Hex, TestContext.Current.CancellationToken);
        (await Run("restore --latest")).Exited(0);
    }

    [Fact]
    public async Task A_ring_without_its_current_key()
    {
        Assert.Contains("\"key\"", (await Run("backup")).Exited(5).Error, StringComparison.Ordinal);
        laptop.Scratch.File("ring/other", Hex);
        var refused = (await Run("backup")).Exited(5);
        Assert.Contains("\"other\"", refused.Error, StringComparison.Ordinal);
        Assert.Contains("keyField", refused.Error, StringComparison.Ordinal);
        (await Run("backup", "keySecretRef: {name: k, keyField: other}")).Exited(0);
        Assert.Contains("no folder", (await laptop.Runner.InProcess("backup", "--policy", Policy(), "--data", laptop.Data, "--keys", laptop.Scratch["nowhere"])).Exited(2).Error, StringComparison.Ordinal);
        Assert.Contains("--keys", (await laptop.Runner.InProcess("backup", "--policy", Policy(), "--data", laptop.Data)).Exited(2).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Recovery_keys_that_are_too_small_or_no_public_key()
    {
        laptop.Scratch.File("ring/key", Hex);
        var path = laptop.Scratch["small.pem"];
        Shell.Run("openssl", "genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", path);
        Assert.Contains("2048 bits", (await Run("backup", Recovery(Shell.Run("openssl", "pkey", "-in", path, "-pubout")))).Exited(2).Error, StringComparison.Ordinal);
        var pasted = (await Run("backup", Recovery(await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken)))).Exited(2);
        Assert.Contains("private key", pasted.Error, StringComparison.Ordinal);
        Assert.Contains("recoveryPublicKey", (await Run("backup", "recoveryPublicKey: mine, keySecretRef: {name: k}")).Exited(2).Error, StringComparison.Ordinal);
        foreach (var (file, exitCode) in new[] { (path, 5), (laptop.Scratch["ring/key"], 2), (laptop.Scratch["nowhere"], 2) })
            (await laptop.Runner.InProcess("keys", "recover", "--private-key", file, "--store", laptop.Store, "--data", laptop.Data, "--latest")).Exited(exitCode);

        static string Recovery(string pem) => $"keySecretRef: {{name: k}}, recoveryPublicKey: \"{pem.Trim().Replace("\n", "\\n", StringComparison.Ordinal)}\"";
    }

    [Fact]
    public async Task A_key_file_is_never_replaced_and_is_for_its_owner_alone()
    {
        var file = laptop.Scratch["new.key"];
        var made = (await laptop.Runner.InProcess("keys", "generate", file)).Exited(0);
        var before = Shell.Run("sha256sum", file);
        Assert.Contains((await laptop.Runner.InProcess("keys", "fingerprint", file)).Exited(0).Out.Trim(), made.Out, StringComparison.Ordinal);
        Assert.Contains("never replaced", (await laptop.Runner.InProcess("keys", "generate", file)).Exited(2).Error, StringComparison.Ordinal);
        Assert.Equal(before, Shell.Run("sha256sum", file));
        Assert.Equal("600\n", Shell.Run("stat", "-c", "%a", file));
        (await laptop.Runner.InProcess("keys", "generate", laptop.Scratch["no/folder/key"])).Exited(2);
    }

    [Fact]
    public async Task Keys_without_a_policy_encrypt_and_a_policy_that_does_not_encrypt_is_warned_of()
    {
        laptop.Scratch.File("ring/key", Hex);
        string[] named = ["--data", laptop.Data, "--store", laptop.Store, "--keys", laptop.Scratch["ring"]];
        (await laptop.Runner.InProcess(["backup", .. named])).Exited(0);
        Assert.Contains("backup.tar.gz.gcm", laptop.Stored(), StringComparison.Ordinal);
        (await laptop.Runner.InProcess(["restore", .. named, "--latest"])).Exited(0);
        var plain = await laptop.Runner.InProcess(["backup", .. named, "--policy", laptop.Policy("backup: {retention: {keepCount: 3}}")]);
        Assert.Contains("stored in the clear", plain.Exited(0).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_ring_inside_the_data_would_be_in_every_backup_and_be_replaced_by_a_restore()
    {
        laptop.Scratch.File("data/ring/key", Hex);
        foreach (var verb in new[] { "backup", "check", "restore --latest" })
        {
            var refused = await laptop.Runner.InProcess([.. verb.Split(' '), "--data", laptop.Data, "--store", laptop.Store, "--keys", laptop.Scratch["data/ring"]]);
            Assert.Contains("key ring", refused.Exited(2).Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Another_key_of_the_ring_that_cannot_be_used_is_a_warning()
    {
        laptop.Scratch.File("ring/key", Hex);
        laptop.Scratch.File("ring/key-0123456789abcdef", "half");
        Assert.Contains("key-0123456789abcdef", (await Run("backup")).Exited(0).Error, StringComparison.Ordinal);
    }

    /// <summary>Found before the middleware is touched.</summary>
    [Fact]
    public async Task A_machine_without_gpg()
    {
        laptop.Scratch.File("ring/key", Hex);
        Shell.Bash($"mkdir {laptop.Scratch["bin"]}; for tool in sh tar touch dotnet du; do ln -s $(command -v $tool) {laptop.Scratch["bin"]}/; done");
        var policy = laptop.Policy($"backup: {{storage: {{provider: file, path: {laptop.Store}}}, settings: {{consistency: {{enabled: true, command: 'touch {laptop.Scratch["touched"]}'}}, encryption: {{enabled: true, algorithm: gpg, keySecretRef: {{name: k}}}}}}}}");
        var runner = laptop.Runner with { Variables = new Dictionary<string, string> { ["PATH"] = laptop.Scratch["bin"] } };
        foreach (var verb in new[] { "check", "backup" })
            Assert.Contains("gnupg", (await runner.Run(verb, "--policy", policy, "--data", laptop.Data, "--keys", laptop.Scratch["ring"])).Exited(3).Error, StringComparison.Ordinal);
        Assert.False(File.Exists(laptop.Scratch["touched"]));
        Assert.Equal("", laptop.Stored());
    }

    [Theory]
    [InlineData("generate", "")]
    [InlineData("generate", "-")]
    [InlineData("fingerprint", "")]
    [InlineData("recover --latest --store x --data y --private-key", "")]
    public async Task A_name_that_is_none(string verb, string file) => (await laptop.Runner.InProcess(["keys", .. verb.Split(' '), file])).Exited(2);

    /// <summary>By the real program, over all that it says, reports and keeps.</summary>
    [Fact]
    public async Task The_keys_are_in_nothing_that_is_said_or_written()
    {
        var raw = Convert.FromHexString(Hex);
        laptop.Scratch.File("ring/key", Hex);
        var said = "";
        foreach (var verb in new[] { "backup", "check", "list", "verify --all", "restore --latest", "prune", "keys rewrap", "keys audit" })
        {
            string[] where = verb == "keys audit" ? [] : ["--data", laptop.Data];
            var result = (await laptop.Runner.Run([.. verb.Split(' '), "--policy", Policy(), .. where, "--keys", laptop.Scratch["ring"], "--output", "json"])).Exited(0);
            said += result.Out + result.Error;
        }
        await File.WriteAllTextAsync(laptop.Scratch["said"], said, TestContext.Current.CancellationToken);
        Directory.Delete(laptop.Scratch["ring"], recursive: true);
        var forms = new[] { Hex, Hex.ToUpperInvariant(), Convert.ToBase64String(raw) };
        foreach (var file in Directory.EnumerateFiles(laptop.Scratch.Path, "*", SearchOption.AllDirectories))
        {
            var content = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
            Assert.True(content.AsSpan().IndexOf(raw) < 0, file);
            Assert.All(forms, form => Assert.True(content.AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(form)) < 0, file));
        }
    }

    string Policy(string encryption = "keySecretRef: {name: k}") =>
        laptop.Policy($"backup: {{storage: {{provider: file, path: {laptop.Store}}}, settings: {{encryption: {{enabled: true, {encryption}}}}}}}");

    Task<RunnerResult> Run(string verb, string encryption = "keySecretRef: {name: k}") =>
        laptop.Runner.InProcess([.. verb.Split(' '), "--policy", Policy(encryption), "--data", laptop.Data, "--keys", laptop.Scratch["ring"]]);
}
