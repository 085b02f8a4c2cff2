using System.Diagnostics;
using System.Text.Json;
using BackupRunner.Names;
using BackupRunner.Reports;
using BackupRunner.Tests.Restore;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.EndToEnd;

/// <summary>Backups that are extracted only to be looked at.</summary>
public sealed class FullVerificationTests : IDisposable
{
    readonly Laptop laptop = new();

    public FullVerificationTests()
    {
        laptop.Scratch.File("data/file", "new");
        laptop.Scratch.Folder("store");
    }

    public void Dispose() => laptop.Dispose();

    string Look => laptop.Scratch["look"];

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_good_backup_leaves_the_folder_as_it_was()
    {
        Shell.Bash($"cd {laptop.Data}; mkdir -m 0 shut; ln file linked; ln -s nowhere link; truncate -s 1M hole; mkfifo pipe; printf x > $'\\xff'");
        await laptop.BackUp();

        Assert.Equal("full", (await Verified(0, "--mode", "full")).Verification);
        Assert.False(Path.Exists(Look));
        laptop.Scratch.Folder("look");
        Shell.Run("chmod", "751", Look);
        await Verified(0, "--mode", "full");
        Assert.Equal("751\n", Shell.Run("stat", "-c", "%a", Look));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Look));
    }

    [Fact]
    public async Task The_mode_is_the_policys_unless_the_call_says_it()
    {
        await laptop.BackUp();
        var policy = Policy("{schedule: '@daily', mode: full}");
        Assert.Equal("full", (await Verified(0, "--policy", policy)).Verification);
        Assert.Equal("checksum", (await Reported(0, "--policy", policy, "--mode", "checksum")).Verification);
        Assert.Equal("checksum", (await Reported(0)).Verification);
        Assert.Contains("it is checksum or full", (await laptop.Run("verify", "--latest", "--mode", "all")).Exited(2).Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--mode full", "--scratch")]
    [InlineData("--mode checksum --scratch {look}", "--mode full")]
    [InlineData("--in-container", "--mode full")]
    [InlineData("--mode full --scratch {data}", "inside one another")]
    [InlineData("--mode full --scratch {data}/below", "inside one another")]
    [InlineData("--mode full --scratch {store}/below", "inside one another")]
    [InlineData("--mode full --scratch {above}", "inside one another")]
    [InlineData("--mode full --scratch {full}", "is not empty")]
    [InlineData("--mode full --scratch {look} --in-container --all", "--all is many")]
    public async Task A_folder_that_cannot_be_meant_is_refused(string arguments, string told)
    {
        await laptop.BackUp();
        laptop.Scratch.File("full/file", "mine");
        var (data, all) = (Shell.Bash($"ls -lAR {laptop.Data}"), laptop.Stored());
        string[] words = [.. arguments.Split(' ').Select(word => word.Replace("{look}", Look, StringComparison.Ordinal).Replace("{data}", laptop.Data, StringComparison.Ordinal)
            .Replace("{store}", laptop.Store, StringComparison.Ordinal).Replace("{above}", laptop.Scratch.Path, StringComparison.Ordinal).Replace("{full}", laptop.Scratch["full"], StringComparison.Ordinal))];

        var refused = (await laptop.Run("verify", words.Contains("--all") ? words : [.. words, "--latest"])).Exited(2);

        Assert.Contains(told, refused.Error, StringComparison.Ordinal);
        Assert.Equal((data, all), (Shell.Bash($"ls -lAR {laptop.Data}"), laptop.Stored()));
        Assert.Equal("mine", await File.ReadAllTextAsync(laptop.Scratch["full/file"], Cancel));
    }

    [Fact]
    public async Task The_command_runs_in_the_folder_that_it_is_told()
    {
        var id = await laptop.BackUp();
        var policy = Policy("{schedule: '@daily', mode: full, command: 'test \"$PWD\" = {{ Values.dataPath }}; test \"$(cat file)\" = new; echo {{ Backup.id }} {{ Workload.kind }} > " + laptop.Scratch["told"] + "'}");

        await Verified(0, "--policy", policy);

        Assert.Equal($"{id} folder\n", await File.ReadAllTextAsync(laptop.Scratch["told"], Cancel));
    }

    [Theory]
    [InlineData("test -e missing; true", "exited 1", "1h")]
    [InlineData("echo no such thing >&2; exit 4", "exited 4: \"no such thing\"", "1h")]
    [InlineData("sleep 600", "did not end within 1s", "1s")]
    [InlineData("sleep 5 & :", "while it still had running", "1h")]
    public async Task A_command_that_fails_is_told_of_and_nothing_is_left(string command, string told, string timeout)
    {
        var id = await laptop.BackUp();
        var report = await Verified(3, "--policy", Policy($"{{schedule: '@daily', mode: full, command: '{command}'}}", $"commands: {{timeout: {timeout}}}"));

        Assert.StartsWith($"backup \"{id}\" is as it was stored, but backup.verification.command ", report.Error, StringComparison.Ordinal);
        Assert.Contains(told, report.Error, StringComparison.Ordinal);
        Assert.Equal("unhealthy", Assert.Single(report.Backups).Result);
        Assert.False(Path.Exists(Look));
    }

    [Fact]
    public async Task A_template_that_does_not_render_extracts_nothing()
    {
        await laptop.BackUp();
        Assert.Contains("Values.missing", (await Verified(2, "--policy", Policy("{schedule: '@daily', mode: full, command: 'echo {{ Values.missing }}'}"))).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_secret_of_the_environment_is_said()
    {
        await laptop.BackUp();
        var runner = laptop.Runner with { Variables = new Dictionary<string, string> { ["DB_PASSWORD"] = "hunter2hunter2" } };
        var run = (await runner.Run(
            "verify", "--data", laptop.Data, "--store", laptop.Store, "--latest", "--scratch", Look, "--policy", Policy("{schedule: '@daily', mode: full, command: 'echo $DB_PASSWORD; exit 1'}"))).Exited(3);

        Assert.Contains("**redacted**", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", run.Error + run.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("flip")]
    [InlineData("cut")]
    public async Task What_was_altered_is_damaged_and_nothing_is_left(string how)
    {
        Shell.Bash($"seq 1 300000 > {laptop.Data}/numbers");
        var id = await laptop.BackUp();
        Shell.Bash(how == "cut" ? $"truncate -s -1 {laptop.Folder(id)}/backup.tar.gz" : $"printf X | dd of={laptop.Folder(id)}/backup.tar.gz bs=1 seek=400000 conv=notrunc status=none");

        var report = await Verified(5, "--backup", id, "--mode", "full");

        Assert.Equal("damaged", report.Backups.Count == 0 ? "damaged" : report.Backups[0].Result);
        Assert.False(Path.Exists(Look));
    }

    [Theory]
    [InlineData("aes256-gcm")]
    [InlineData("aes256-cbc")]
    public async Task An_encrypted_backup_is_decrypted(string algorithm)
    {
        var policy = Policy("{schedule: '@daily', mode: full, command: 'grep -q new file'}", $"settings: {{encryption: {{enabled: true, algorithm: {algorithm}, keySecretRef: {{name: k}}}}}}");
        var ring = new Ring(laptop.Scratch["ring"]);
        await laptop.BackUp("--policy", policy, "--keys", ring.Path);
        await Verified(0, "--policy", policy, "--keys", ring.Path);
    }

    [Fact]
    public async Task Too_little_room_is_told_before_anything_is_extracted()
    {
        Shell.Bash($"head -c 5M /dev/urandom > {laptop.Data}/large");
        await laptop.BackUp();
        using var small = TemporaryMount.Memory(laptop.Scratch["small"], "size=3m");

        var report = await Reported(6, "--mode", "full", "--scratch", laptop.Scratch["small/look"]);

        Assert.Matches("needs 6,[0-9,]+ bytes and [0-9]+ inodes, [0-9,]+ bytes are free", report.Error);
        Assert.Equal("unreadable", Assert.Single(report.Backups).Result);
        Assert.Empty(Directory.EnumerateFileSystemEntries(laptop.Scratch["small"]));
    }

    [Fact]
    public async Task A_folder_that_fills_up_is_emptied_and_says_what_was_needed()
    {
        // Of a command's archive only its own size is known.
        var commands = $"commands: {{runIn: runner, backup: 'head -c 20M /dev/zero > zeros; tar -czf {{{{ Backup.archivePath }}}} zeros; rm zeros'}}";
        await laptop.BackUp("--policy", Policy("", commands), "--archive-path", laptop.Scratch["archive/backup.tar.gz"]);
        using var small = TemporaryMount.Memory(laptop.Scratch["small"], "size=3m");

        var report = await Reported(6, "--mode", "full", "--scratch", laptop.Scratch["small/look"]);

        Assert.Contains("no space left", report.Error, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("bytes and 0 inodes", report.Error, StringComparison.Ordinal);
        Assert.Contains("--mode checksum needs none", report.Hint, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(laptop.Scratch["small"]));
    }

    [Fact]
    public async Task An_archive_that_only_commands_restore_can_read_is_given_to_the_command_as_it_is()
    {
        var commands = "commands: {runIn: runner, backup: 'echo dumped > {{ Backup.archivePath }}', restore: 'true'}";
        await laptop.BackUp("--policy", Policy("", commands), "--archive-path", laptop.Scratch["archive/backup.tar.gz"]);

        await Verified(0, "--policy", Policy("{schedule: '@daily', mode: full, command: 'test \"$(cat {{ Backup.archivePath }})\" = dumped'}", commands));
        await Verified(3, "--policy", Policy("{schedule: '@daily', mode: full, command: 'test \"$(cat {{ Backup.archivePath }})\" = other'}", commands));
    }

    [Fact]
    public async Task A_backup_that_is_removed_meanwhile_is_no_damaged_one()
    {
        var id = await laptop.BackUp();
        using var gate = new ArchiveGate();
        await using var run = (laptop.Runner with { Variables = new Dictionary<string, string> { ["PATH"] = gate.Path } })
            .Start("verify", "--data", laptop.Data, "--store", laptop.Store, "--latest", "--mode", "full", "--scratch", Look, "--output", "json");
        await gate.Reached(run);
        Shell.Run("rm", "-r", laptop.Folder(id));
        gate.Open();

        var ended = (await run.Ended).Exited(4);

        Assert.Contains($"backup \"{id}\" was removed while it was being read", ended.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("damaged", ended.Error + ended.Out, StringComparison.Ordinal);
        Assert.False(Path.Exists(Look));
    }

    [Fact]
    public async Task Told_to_stop_it_ends_the_command_and_leaves_nothing()
    {
        await laptop.BackUp();
        var policy = Policy($"{{schedule: '@daily', mode: full, command: 'echo $$ > {laptop.Scratch["process"]}; sleep 600'}}");
        await using var run = laptop.Start("verify", "--latest", "--scratch", Look, "--policy", policy);
        await Eventually.True(() => Task.FromResult(File.Exists(laptop.Scratch["process"]) && new FileInfo(laptop.Scratch["process"]).Length > 0), "the command");
        var process = (await File.ReadAllTextAsync(laptop.Scratch["process"], Cancel)).Trim();

        run.Signal("TERM");

        (await run.Ended).Exited(143);
        Assert.False(Path.Exists(Look));
        Assert.False(Directory.Exists($"/proc/{process}"));
    }

    [Theory]
    [InlineData("grep -q new file; umask 0; echo {{ Values.dataPath }} > TOLD", 0)]
    [InlineData("test -e missing; true", 3)]
    public async Task In_a_pod_the_command_runs_in_the_second_container(string command, int exitCode)
    {
        await laptop.BackUp();
        var policy = Policy($"{{schedule: '@daily', mode: full, command: '{command.Replace("TOLD", laptop.Scratch["told"], StringComparison.Ordinal)}'}}", "commands: {runIn: workload}");
        using var container = Process.Start(new ProcessStartInfo("setsid", ["dash", "-c", RestoreContainer.Wrapper, "sh", laptop.Scratch["archive/restore"]]))!;
        laptop.Scratch.Folder("archive");

        await Verified(exitCode, "--policy", policy, "--in-container", "--archive-path", laptop.Scratch["archive/backup.tar.gz"]);

        await container.WaitForExitAsync(Cancel);
        Assert.Equal(exitCode == 0 ? 0 : 1, container.ExitCode);
        Assert.Equal(exitCode == 0, File.Exists(laptop.Scratch["told"]));
        Assert.False(Path.Exists(Look));
    }

    [Fact]
    public async Task A_command_for_the_workloads_container_does_not_run_elsewhere()
    {
        await laptop.BackUp();
        Assert.Contains("--in-container", (await Verified(2, "--policy", Policy("{schedule: '@daily', mode: full, command: 'true'}", "commands: {runIn: workload}"))).Hint, StringComparison.Ordinal);
    }

    string Policy(string verification, string more = "") => laptop.Policy($"backup:\n  verification: {verification}\n  {more}\n");

    Task<RunReport> Verified(int exitCode, params string[] more) => Reported(exitCode, [.. more, "--scratch", Look]);

    async Task<RunReport> Reported(int exitCode, params string[] more)
    {
        var file = laptop.Scratch["report.json"];
        (await laptop.Run("verify", [.. more, .. more.Contains("--backup") ? [] : (string[])["--latest"], "--report", file])).Exited(exitCode);
        return JsonSerializer.Deserialize(await File.ReadAllTextAsync(file, Cancel), ReportJson.Default.RunReport)!;
    }
}
