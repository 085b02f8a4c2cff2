using BackupRunner.Policy;

namespace BackupRunner.Tests.Policy;

public sealed class PolicyValueTests
{
    [Fact]
    public void An_empty_body_is_all_defaults()
    {
        foreach (var text in (string[])["backup:", "backup: {}", "backup: null", "{}", "settings:", "{\"backup\": {}}"])
        {
            var policy = PolicyDocument.Parse(text).Policy;
            Assert.Equivalent(new BackupPolicy(), policy, strict: true);
        }
        var defaults = new BackupPolicy();
        Assert.True(defaults.Enabled && defaults.Settings.Consistency.WaitForCompletion && defaults.Restore.Undo && defaults.Settings.Encryption.KeyRotation.KeepOldKeys);
        Assert.False(defaults.Schedule.Enabled || defaults.Settings.Encryption.Enabled || defaults.Restore.KeepOldData || defaults.Restore.InPlace);
        Assert.Equal((TimeSpan.FromHours(1), TimeSpan.FromMinutes(10), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(5)),
            (defaults.Commands.Timeout, defaults.Restore.StartTimeout, defaults.Settings.Consistency.Timeout, new FreezePolicy().Timeout));
        Assert.Null(defaults.Commands.RunIn);
    }

    [Fact]
    public void Every_key_is_read()
    {
        var policy = PolicyDocument.Parse(DataFile.Read("every-key.yaml")).Policy;
        Assert.Equal("team-a/nightly", policy.Storage?.Prefix);
        Assert.Equal("/backups", policy.Storage?.Path);
        Assert.Equal("prod-1", policy.Cluster);
        Assert.Equal(new ConsistencyPolicy
        {
            Enabled = true,
            Command = "redis-cli BGSAVE",
            WaitForCompletion = false,
            Timeout = TimeSpan.FromMinutes(2),
            Container = "redis",
            WaitCommand = "test -e /tmp/done",
            Freeze = new FreezePolicy { Command = "fsfreeze -f /data", Thaw = "fsfreeze -u /data", Hold = "lock", Timeout = TimeSpan.FromMinutes(1) },
        }, policy.Settings.Consistency);
        Assert.Equal(["*.tmp", "./cache"], policy.Settings.Archive.Exclude);
        Assert.Equal(9, policy.Settings.Archive.CompressionLevel);
        Assert.Equal(EncryptionAlgorithm.Aes256Cbc, policy.Settings.Encryption.Algorithm);
        Assert.Equal("k1", policy.Settings.Encryption.KeySecretRef?.KeyField);
        Assert.Equal(new KeyRotationPolicy { Enabled = true, Interval = TimeSpan.FromDays(60), KeepOldKeys = false, OldKeysRetention = TimeSpan.Zero }, policy.Settings.Encryption.KeyRotation);
        Assert.Equal(3072, policy.Settings.Encryption.RecoveryPublicKey?.Bits);
        Assert.Equal(new RetentionPolicy { RemoteRetention = TimeSpan.FromDays(14), KeepCount = 3 }, policy.Retention);
        Assert.Equal(("@daily", "Europe/Berlin"), (policy.Schedule.Cron.Text, policy.Schedule.TimeZone?.Id));
        Assert.Equal(new CommandsPolicy { Backup = "dump", Restore = "load", RunIn = RunIn.Runner, Timeout = TimeSpan.FromHours(3) }, policy.Commands);
        Assert.Equal(new RestorePolicy
        {
            Owner = new NumericOwner(999, 1000),
            HealthCommand = "redis-cli PING",
            StartTimeout = TimeSpan.FromMinutes(20),
            KeepOldData = true,
            Undo = false,
            InPlace = true,
        }, policy.Restore);
        Assert.Equal(("@weekly", VerificationMode.Full, "redis-check-rdb dump.rdb"), (policy.Verification?.Schedule?.Text, policy.Verification?.Mode, policy.Verification?.Command));
    }

    [Fact]
    public void Values_are_texts_numbers_booleans_nulls_lists_and_maps()
    {
        var values = PolicyDocument.Parse("""
            values:
              dataPath: /data
              port: 6379
              hex: 0x1F
              octal: 0o17
              minus: -5
              ratio: 0.5
              large: 1e3
              on-disk: true
              nothing: ~
              quoted: "6379"
              date: 2025-01-19
              time: 12:30:45
              list: [1, two, {three: 3}]
              nested: {a: {b: c}}
              1: one
            """).Policy.Values;
        Assert.Equal("/data", values["dataPath"]);
        Assert.Equal(6379L, values["port"]);
        Assert.Equal(31L, values["hex"]);
        Assert.Equal(15L, values["octal"]);
        Assert.Equal(-5L, values["minus"]);
        Assert.Equal(0.5, values["ratio"]);
        Assert.Equal(1000.0, values["large"]);
        Assert.Equal(true, values["on-disk"]);
        Assert.Null(values["nothing"]);
        Assert.Equal("6379", values["quoted"]);
        Assert.Equal("2025-01-19", values["date"]);
        Assert.Equal("12:30:45", values["time"]);
        var list = Assert.IsType<IReadOnlyList<object?>>(values["list"], exactMatch: false);
        Assert.Equal(3L, Assert.IsType<IReadOnlyDictionary<string, object?>>(list[2], exactMatch: false)["three"]);
        Assert.Equal("one", values["1"]);
    }

    [Theory]
    [InlineData("backup:\n  retention:\n    keepCount: \"7\"", "backup.retention.keepCount (line 3, column 16): \"7\" is a text; remove the quotes")]
    [InlineData("retention: {keepCount: seven}", "backup.retention.keepCount (line 1, column 24): \"seven\" is not a number")]
    [InlineData("retention: {keepCount: 7.5}", "backup.retention.keepCount (line 1, column 24): \"7.5\" is not a whole number")]
    [InlineData("retention: {keepCount: 0}", "backup.retention.keepCount (line 1, column 24): \"0\" is not a number from 1 up")]
    [InlineData("retention: {keepCount: 99999999999999999999}", "backup.retention.keepCount (line 1, column 24): \"99999999999999999999\" is not a number from 1 up")]
    [InlineData("retention: {keepCount: 010}", "backup.retention.keepCount (line 1, column 24): \"010\" begins with a zero, which some readers take for octal; remove it")]
    [InlineData("retention: {keepCount: [7]}", "backup.retention.keepCount (line 1, column 24): expected a single value, not a list")]
    [InlineData("retention: {remoteRetention: 30}", "backup.retention.remoteRetention (line 1, column 30): \"30\" has no unit; write seconds as 30s, minutes as 15m, hours as 2h, days as 7d, weeks as 2w")]
    [InlineData("retention: {remoteRetention: 0d}", "backup.retention.remoteRetention (line 1, column 30): \"0d\" is not more than zero")]
    [InlineData("retention: 30d", "backup.retention (line 1, column 12): expected a mapping, not a text")]
    [InlineData("enabled: yes", "backup.enabled (line 1, column 10): \"yes\" is not a boolean in YAML 1.2; write true or false")]
    [InlineData("enabled: On", "backup.enabled (line 1, column 10): \"On\" is not a boolean in YAML 1.2; write true or false")]
    [InlineData("enabled: \"true\"", "backup.enabled (line 1, column 10): \"true\" is a text; remove the quotes")]
    [InlineData("enabled: 1", "backup.enabled (line 1, column 10): \"1\" is not true or false")]
    [InlineData("cluster: 5", "backup.cluster (line 1, column 10): 5 is a number where a text is expected; put it in quotes")]
    [InlineData("cluster: ''", "backup.cluster (line 1, column 10): is empty")]
    [InlineData("cluster: a b", "backup.cluster (line 1, column 10): \"a b\" holds white space or a control character")]
    [InlineData("restore: {healthCommand: true}", "backup.restore.healthCommand (line 1, column 26): true is a boolean where a text is expected; put it in quotes")]
    [InlineData("restore: {owner: redis:redis}", "backup.restore.owner (line 1, column 18): \"redis:redis\" is not a numeric \"uid:gid\", such as \"999:999\"")]
    [InlineData("storage: {provider: S3}", "backup.storage.provider (line 1, column 21): \"S3\" is not known; did you mean \"s3\"?")]
    [InlineData("storage: {provider: ftp}", "backup.storage.provider (line 1, column 21): \"ftp\" is not known; it is one of \"azure\", \"file\", \"gcs\", \"minio\", \"s3\"")]
    [InlineData("encryption: {algorithm: aes256-gmc}", "backup.settings.encryption.algorithm (line 1, column 25): \"aes256-gmc\" is not known; did you mean \"aes256-gcm\"?")]
    [InlineData("archive: {compressionLevel: 10}", "backup.settings.archive.compressionLevel (line 1, column 29): \"10\" is not a number from 1 to 9")]
    [InlineData("archive: {exclude: a}", "backup.settings.archive.exclude (line 1, column 20): expected a list, not a text")]
    [InlineData("archive: {exclude: [a, '']}", "backup.settings.archive.exclude[1] (line 1, column 24): is empty")]
    [InlineData("archive: {exclude: [~]}", "backup.settings.archive.exclude[0] (line 1, column 21): expected a text, not null")]
    [InlineData("schedule: {cron: '0 2 * * 7'}", "backup.schedule.cron (line 1, column 18): \"0 2 * * 7\" has a day of week \"7\" outside 0 to 6")]
    [InlineData("schedule: {timeZone: Local}", "backup.schedule.timeZone (line 1, column 22): \"Local\" is not an explicit time zone; write an IANA name, such as Europe/Berlin")]
    [InlineData("storage: {sse: aes256}", "backup.storage.sse (line 1, column 16): \"aes256\" is not one of AES256, aws:kms, aws:kms:dsse")]
    [InlineData("storage: {kmsKeyId: x}", "backup.storage.kmsKeyId (line 1, column 21): needs sse: aws:kms or aws:kms:dsse; other encryption takes no key of KMS")]
    [InlineData("storage: {sse: AES256, kmsKeyId: x}", "backup.storage.kmsKeyId (line 1, column 34): needs sse: aws:kms or aws:kms:dsse; other encryption takes no key of KMS")]
    [InlineData("storage: {storageClass: GLACIER}", "backup.storage.storageClass (line 1, column 25): \"GLACIER\" takes hours to read back; verify and restore would fail. GLACIER_IR is read at once")]
    [InlineData("backup: {storage: {storageClass: x}}", "backup.storage.storageClass (line 1, column 34): \"x\" is no storage class such as STANDARD_IA or GLACIER_IR")]
    [InlineData("verification: '@daily'", "backup.verification (line 1, column 15): expected a mapping, not a text")]
    [InlineData("verification: {schedule: '@every 1h'}", "backup.verification.schedule (line 1, column 26): \"@every 1h\" counts from when the controller started, so it names no times; write five fields")]
    [InlineData("verification: {schedule: {cron: '@daily'}}", "backup.verification.schedule (line 1, column 26): expected a single value, not a mapping")]
    [InlineData("verification: {schedule: '@daily', mode: Full}", "backup.verification.mode (line 1, column 42): \"Full\" is not known; did you mean \"full\"?")]
    [InlineData("verification: {schedule: '@daily', command: 'true'}", "backup.verification.command (line 1, column 45): needs mode: full; with \"checksum\" nothing is extracted for it to look at")]
    [InlineData("verification: {schedule: '@daily', mode: full, command: true}", "backup.verification.command (line 1, column 57): true is a boolean where a text is expected; put it in quotes")]
    [InlineData("verification: {schedule: '@daily', timeZone: Europe/Berlin}", "backup.verification.timeZone (line 1, column 36): unknown key \"timeZone\"; known here: schedule, mode, command")]
    [InlineData("storage: {endpoint: minio:9000}", "backup.storage.endpoint (line 1, column 21): \"minio:9000\" is not an address such as \"https://minio.example.com:9000\"")]
    [InlineData("storage: {endpoint: 'ftp://x'}", "backup.storage.endpoint (line 1, column 21): \"ftp://x\" is not an address such as \"https://minio.example.com:9000\"")]
    [InlineData("storage: {endpoint: 'https://me:pw@x'}", "backup.storage.endpoint (line 1, column 21): holds a user or password; they belong in the Secret of \"secretRef\"")]
    [InlineData("storage: {endpoint: 'https://x?a=b'}", "backup.storage.endpoint (line 1, column 21): \"https://x?a=b\" holds a query or a fragment; give scheme, host and port")]
    [InlineData("storage: {prefix: a/../b}", "backup.storage.prefix (line 1, column 19): \"a/../b\" holds \".\" or \"..\"")]
    [InlineData("storage: {prefix: /a}", "backup.storage.prefix (line 1, column 19): \"/a\" begins with a slash; a prefix is relative to the bucket or folder")]
    [InlineData("storage: {prefix: a//b}", "backup.storage.prefix (line 1, column 19): \"a//b\" holds an empty segment")]
    [InlineData("storage: {bucket: 's3://a'}", "backup.storage.bucket (line 1, column 19): \"s3://a\" holds a colon; the name alone is wanted, without \"s3://\", and of an access point its alias, no ARN")]
    [InlineData("storage: {region: us_east_1}", "backup.storage.region (line 1, column 19): \"us_east_1\" is no such name: letters, digits and \"-\" inside, at most 63")]
    [InlineData("storage: {account: 'a#b'}", "backup.storage.account (line 1, column 20): \"a#b\" is no such name: letters, digits and \"-\" inside, at most 63")]
    [InlineData("storage: {account: -a}", "backup.storage.account (line 1, column 20): \"-a\" is no such name: letters, digits and \"-\" inside, at most 63")]
    [InlineData("storage: {bucket: a/b}", "backup.storage.bucket (line 1, column 19): \"a/b\" holds a slash; a folder in it is \"prefix\"")]
    [InlineData("storage: {secretRef: {name: My_Secret}}", "backup.storage.secretRef.name (line 1, column 29): \"My_Secret\" is not a Kubernetes name: lower-case letters, digits, \"-\" and \".\"")]
    [InlineData("values: {flag: yes}", "backup.values.flag (line 1, column 16): \"yes\" is a boolean to some readers of YAML and a text to others; write true or false, or put it in quotes")]
    [InlineData("values: {n: [010]}", "backup.values.n[0] (line 1, column 14): \"010\" begins with a zero, which some readers take for octal; put it in quotes or remove the zero")]
    [InlineData("values: {n: 1e999}", "backup.values.n (line 1, column 13): \"1e999\" is too large a number or none; put it in quotes")]
    [InlineData("values: 5", "backup.values (line 1, column 9): expected a mapping, not a number")]
    public void Refuses_a_wrong_value(string text, string problem) => Assert.Equal(problem, Refusal.OnlyOf(text));

    [Fact]
    public void A_writable_volume_is_refused_with_the_reason() =>
        Assert.StartsWith("backup.settings.volumeAccess.readOnly (line 1, column 26): a backup never mounts the volume writable: ",
            Refusal.OnlyOf("volumeAccess: {readOnly: false}"), StringComparison.Ordinal);

    [Fact]
    public void A_given_and_a_generated_key_are_refused_together()
    {
        const string Given = "encryption: {keySecretRef: {name: k}, autoGenerated: {enabled: ENABLED, secretRef: {name: g}}}";
        Assert.Equal("backup.settings.encryption.autoGenerated (line 1, column 54): is set together with \"keySecretRef\"; a key is either given or generated",
            Refusal.OnlyOf(Given.Replace("ENABLED", "true", StringComparison.Ordinal)));
        Assert.NotNull(PolicyDocument.Parse(Given.Replace("ENABLED", "false", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("0:0", true)]
    [InlineData("4294967294:1", true)]
    [InlineData("4294967295:1", false)]
    [InlineData("-1:1", false)]
    [InlineData("1", false)]
    [InlineData("1:", false)]
    [InlineData("1:2:3", false)]
    [InlineData(" 1:2", false)]
    public void An_owner_is_two_numbers(string text, bool valid) => Assert.Equal(valid, NumericOwner.Parse(text) is not null);

    [Fact]
    public void A_prefix_leaves_room_in_the_key_of_an_object()
    {
        var refused = Assert.Throws<PolicyException>(() => PolicyDocument.Parse($"storage: {{prefix: {new string('a', 513)}}}"));
        Assert.Equal("has 513 bytes, at most 512 leave room for what comes after it in a key", Assert.Single(refused.Problems).Message);
    }

    [Fact]
    public void Slashes_at_the_end_of_an_endpoint_are_none_of_its_path() =>
        Assert.Equal("http://store:9000/", PolicyDocument.Parse("storage: {endpoint: 'http://store:9000//'}").Policy.Storage?.Endpoint?.AbsoluteUri);

    [Theory]
    [InlineData("team-a", "team-a")]
    [InlineData("team-a/x/", "team-a/x")]
    [InlineData("été/..x", "été/..x")]
    public void A_prefix_is_segments(string text, string prefix) =>
        Assert.Equal(prefix, PolicyDocument.Parse($"storage: {{prefix: '{text}'}}").Policy.Storage?.Prefix);
}
