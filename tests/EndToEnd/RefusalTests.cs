using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.EndToEnd;

/// <summary>What cannot be done is said at once, with exit 2, and nothing is touched.</summary>
public sealed class RefusalTests : IDisposable
{
    readonly Laptop laptop = new();

    public void Dispose() => laptop.Dispose();

    [Theory]
    [InlineData("backup: {settings: {encryption: {enabled: true, keySecretRef: {name: k}}}}", "--keys")]
    [InlineData("backup: {retention: {keepCount: seven, remoteRetention: 5}}", "backup.retention.keepCount (line 1")]
    [InlineData("backup: {commands: {backup: 'tar {{ Values.nope }}'}}", "backup.commands.backup")]
    [InlineData("backup: {commands: {backup: 'tar {{ while true }}'}}", "while")]
    [InlineData("backup: {commands: {backup: 'true', runIn: workload}}", "runIn")]
    [InlineData("backup: {settings: {volumeAccess: {readOnly: false}}}", "readOnly")]
    [InlineData("", "policy")]
    public async Task A_policy_that_cannot_be_carried_out(string yaml, string told)
    {
        laptop.Scratch.File("data/one", "1");
        var result = (await laptop.Run("backup", "--policy", laptop.Policy(yaml))).Exited(2);
        Assert.Contains(told, result.Error, StringComparison.Ordinal);
        Assert.Equal("", laptop.Stored());
    }

    /// <summary>The names of Kubernetes and the prefix are long enough together for a key that no store takes.</summary>
    [Fact]
    public async Task Keys_that_no_store_can_keep()
    {
        laptop.Scratch.File("data/one", "1");
        string[] named =
        [
            "--policy", laptop.Scratch.File("long.yaml", $"backup: {{storage: {{provider: file, path: {laptop.Store}, prefix: {new string('p', 255)}/{new string('p', 255)}}}}}"),
            "--data", laptop.Data, "--workload", "statefulset/" + new string('w', 240), "--claim", new string('c', 250),
        ];
        foreach (var verb in new[] { "check", "backup" })
            Assert.Contains("longer than 1024 bytes", (await laptop.Runner.InProcess([verb, .. named])).Exited(2).Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(laptop.Store) && Directory.EnumerateFiles(laptop.Store, "*", SearchOption.AllDirectories).Any());
    }

    [Fact]
    public async Task A_store_that_is_not_there_is_not_made_by_prune()
    {
        (await laptop.Run("prune")).Exited(4);
        Assert.False(Directory.Exists(laptop.Store));
    }

    [Theory]
    [InlineData("backup", 0)]
    [InlineData("check", 0)]
    [InlineData("list", 2)]
    public async Task A_standard_output_that_is_full_does_not_end_a_run(string verb, int exitCode)
    {
        laptop.Scratch.File("data/one", "1");
        laptop.Scratch.Folder("store");
        var report = laptop.Scratch["report.json"];
        var runner = new RunnerCall(laptop.Scratch["state"]) { Prefix = ["sh", "-c", "exec \"$@\" >/dev/full 2>/dev/full", "sh"] };
        string[] more = verb == "backup" ? ["--report", report] : [];
        (await runner.Run([verb, "--data", laptop.Data, "--store", laptop.Store, .. more])).Exited(exitCode);
        if (verb == "backup")
            Assert.Equal("backup\n", Shell.Bash($"jq -r .verb {report}"));
    }

    [Theory]
    [InlineData("provider: azure, container: c", "backup.storage.account (line 2, column 12): is missing")]
    [InlineData("provider: s3, bucket: b", "backup.storage.region (line 2, column 12): is missing")]
    [InlineData("provider: gcs, bucket: b", "backup.storage.project (line 2, column 12): is missing")]
    [InlineData("provider: minio, bucket: b", "backup.storage.endpoint (line 2, column 12): is missing")]
    [InlineData("provider: minio, bucket: b, endpoint: minio", "backup.storage.endpoint (line 2, column ")]
    [InlineData("provider: s3, bucket: b, region: r, prefix: a/../b", "backup.storage.prefix (line 2, column ")]
    [InlineData("provider: s3, bucket: b, region: r, storageClass: GLACIER", "backup.storage.storageClass (line 2, column ")]
    public async Task A_store_that_the_policy_does_not_describe(string storage, string told)
    {
        laptop.Scratch.File("data/one", "1");
        var result = (await laptop.Runner.InProcess("backup", "--data", laptop.Data, "--policy", laptop.Policy($"backup:\n  storage: {{{storage}}}\n"))).Exited(2);
        Assert.Contains(told, result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("s3", "bucket: b, region: us-east-1", "accessKeyId", "secretAccessKey")]
    [InlineData("minio", "bucket: b, endpoint: 'http://127.0.0.1:9'", "secretAccessKey", "accessKeyId")]
    public async Task Half_of_the_credentials(string provider, string keys, string given, string missing)
    {
        laptop.Scratch.File("data/one", "1");
        laptop.Scratch.File("secret/" + given, "hunter2hunter2");
        var policy = laptop.Policy($"backup:\n  storage: {{provider: {provider}, {keys}}}\n");
        var result = (await laptop.Runner.InProcess("backup", "--data", laptop.Data, "--policy", policy, "--credentials", laptop.Scratch["secret"])).Exited(2);
        Assert.Contains($"no \"{missing}\"", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", result.Error, StringComparison.Ordinal);
        (await laptop.Runner.InProcess("backup", "--data", laptop.Data, "--policy", policy, "--credentials", laptop.Scratch["no-such-folder"])).Exited(2);
    }

    [Fact]
    public async Task All_problems_of_a_policy_are_told_at_once()
    {
        var policy = laptop.Policy("""
            backup:
              storage: {provider: s3, buckt: x}
              retention: {keepCount: 0}
              settings: {archive: {compressionLevel: 10}}
            """);
        var error = (await laptop.Run("backup", "--policy", policy)).Exited(2).Error;
        Assert.All(new[] { "buckt", "keepCount", "compressionLevel", "line 2", "line 3", "line 4" }, part => Assert.Contains(part, error, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("frobnicate")]
    [InlineData("backup --frobnicate")]
    [InlineData("backup")]
    [InlineData("backup --store /nowhere")]
    [InlineData("restore --store /nowhere --data /nowhere")]
    [InlineData("restore --store /nowhere --data /nowhere --latest --before 2026-01-01T00:00:00Z")]
    [InlineData("restore --store /nowhere --data /nowhere --before yesterday")]
    [InlineData("restore --store /nowhere --data /nowhere --backup ../../etc")]
    [InlineData("backup --store /nowhere --data /nowhere --workload redis")]
    [InlineData("backup --store /nowhere --data /nowhere --claim data")]
    [InlineData("backup --store /nowhere --data /nowhere --policy /nowhere/policy.yaml")]
    [InlineData("backup --store /nowhere --data /nowhere --report /nowhere/report.json")]
    [InlineData("prune --store /nowhere")]
    [InlineData("backup --store /nowhere --data /etc/passwd/x")]
    [InlineData("list --store /etc/passwd/x")]
    [InlineData("")]
    public async Task A_call_that_cannot_be_understood(string line)
    {
        var result = (await laptop.Runner.InProcess(line.Split(' ', StringSplitOptions.RemoveEmptyEntries))).Exited(2);
        Assert.StartsWith("error: ", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
        Assert.Equal("", result.Out);
        Assert.False(Directory.Exists("/nowhere"));
    }

    [Fact]
    public async Task Secrets_of_the_environment_are_never_shown()
    {
        const string secret = "hunter2-hunter2";
        laptop.Scratch.File("data/one", "1");
        var policy = laptop.Policy("backup: {settings: {consistency: {enabled: true, command: 'echo said $REDISCLI_AUTH; echo err $REDISCLI_AUTH >&2; exit 1'}}}");
        var result = (await (laptop.Runner with { Variables = new Dictionary<string, string> { ["REDISCLI_AUTH"] = secret } }).Run(
            "backup", "--data", laptop.Data, "--store", laptop.Store, "--policy", policy, "--report", laptop.Scratch["report.json"], "--output", "json")).Exited(3);
        Assert.Contains("**redacted**", result.Error, StringComparison.Ordinal);
        Assert.Equal(1, Shell.Try("grep", "-r", secret, laptop.Scratch.Path).ExitCode);
        Assert.DoesNotContain(secret, result.Out + result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_teaches_every_verb_and_its_options()
    {
        foreach (var verb in new[] { "backup", "list", "verify", "restore", "prune", "check" })
        {
            var help = (await laptop.Runner.InProcess(verb, "--help")).Exited(0).Out;
            Assert.Contains($"backup-runner {verb} ", help, StringComparison.Ordinal);
            Assert.Contains("Examples:", help, StringComparison.Ordinal);
        }
        Assert.Contains("Exit codes:", (await laptop.Runner.InProcess("--help")).Exited(0).Out, StringComparison.Ordinal);
    }
}
