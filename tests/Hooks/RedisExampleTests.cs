using System.Globalization;
using BackupRunner.Hooks;
using BackupRunner.Policy;
using BackupRunner.Reports;
using BackupRunner.Templates;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Hooks;

/// <summary>The shipped examples, their scripts run as they are against real servers.</summary>
public sealed class RedisExampleTests : IDisposable
{
    readonly Scratch _scratch = new();
    readonly LocalShell _shell = new(Redaction.Of(new Dictionary<string, string>()), _ => { }, TimeProvider.System);

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task Scripts_save_archive_and_restore()
    {
        await using var server = await RedisServer.Start(Cancel, password: "");
        server.Cli("SET", "kept", "value");
        server.Cli("EXPIRE", "kept", "1000000");
        server.Cli("DEBUG", "POPULATE", "1000", "k", "40");
        // A save that takes a second: a script that does not wait for it archives the file of before, or none.
        server.Cli("CONFIG", "SET", "rdb-key-save-delay", "1000");
        _scratch.File("data.tar.gz");
        File.WriteAllText(Path.Combine(server.Folder, ".hidden"), "before");
        var policy = Policy("policy.yaml");

        await using (var made = await CommandArchive.Create(_shell, Script(policy, server, ArchiveScript.BackupPath), 0, Cancel))
        await using (var kept = File.Create(_scratch["data.tar.gz"]))
            await made.Content.CopyToAsync(kept, Cancel);
        Assert.Contains("./dump.rdb", Shell.Run("tar", "-tzf", _scratch["data.tar.gz"]), StringComparison.Ordinal);

        server.Cli("FLUSHALL");
        server.Cli("SET", "later", "value");
        File.WriteAllText(Path.Combine(server.Folder, ".hidden-later"), "after");
        await CommandRestore.Run(_shell, Script(policy, server, ArchiveScript.RestorePath), 0, Place, Cancel);

        try
        {
            Assert.Equal(("value", "1001"), (server.Cli("GET", "kept"), server.Cli("DBSIZE")));
            Assert.InRange(int.Parse(server.Cli("TTL", "kept"), CultureInfo.InvariantCulture), 999_000, 1_000_000);
            Assert.Equal(["before"], Directory.EnumerateFiles(server.Folder, ".hidden*").Select(File.ReadAllText));
        }
        finally
        {
            server.Cli("SHUTDOWN", "NOSAVE");
        }
    }

    [Fact]
    public async Task The_backup_script_fails_when_the_save_is_refused_and_when_it_fails()
    {
        await using var server = await RedisServer.Start(Cancel);
        var script = Script(Policy("policy.yaml"), server, ArchiveScript.BackupPath);

        var refused = await Assert.ThrowsAsync<RunnerException>(() => CommandArchive.Create(_shell, script, 0, Cancel));
        Shell.Run("chmod", "500", server.Folder);
        var failed = await Assert.ThrowsAsync<RunnerException>(
            () => CommandArchive.Create(_shell, script with { Text = $"export REDISCLI_AUTH={server.Password}\n{script.Text}" }, 0, Cancel));

        Assert.Equal("backup.commands.backup exited 1: \"BGSAVE: NOAUTH Authentication required.\"", refused.Message);
        Assert.Equal("backup.commands.backup exited 1: \"the save failed: err\"", failed.Message);
    }

    // Without the password nothing can be stopped: a restore under a running server would be overwritten by it.
    [Fact]
    public async Task The_restore_script_touches_nothing_while_the_server_answers()
    {
        await using var server = await RedisServer.Start(Cancel);
        File.WriteAllText(Path.Combine(server.Folder, "data"), "current");
        Shell.Run("tar", "-czf", _scratch["data.tar.gz"], "-C", _scratch.Folder("restored"), ".");
        var script = Script(Policy("policy.yaml"), server, ArchiveScript.RestorePath);

        var error = await Assert.ThrowsAsync<RunnerException>(
            () => CommandRestore.Run(_shell, script with { Text = script.Text.Replace("tries=60", "tries=1", StringComparison.Ordinal) }, 0, Place, Cancel));

        Assert.Equal(ExitCode.Command, error.ExitCode);
        Assert.Contains("redis still answers: not stopped", error.Message, StringComparison.Ordinal);
        Assert.Equal("current", await File.ReadAllTextAsync(Path.Combine(server.Folder, "data"), Cancel));
    }

    [Fact]
    public async Task The_plain_example_waits_for_the_save()
    {
        await using var server = await RedisServer.Start(Cancel, password: "");
        var consistency = Policy("policy-bgsave.yaml").Settings.Consistency;
        var command = CommandTemplate.Parse(consistency.Command!).Render(Model(server, new Dictionary<string, object?>()));
        var step = new ConsistencyStep(command, consistency.WaitForCompletion, consistency.WaitCommand, consistency.Timeout);

        Assert.Null(Consistency.Refusal(step));
        Assert.Equal(ConsistencyOutcome.Saved, (await new Consistency(_shell, TimeProvider.System).Run(step, Cancel)).Outcome);
    }

    // SHUTDOWN is right where the script runs beside the server and not in its container: outside a cluster, as the example says.
    [Fact]
    public void The_mended_scripts_make_none_of_the_mistakes_of_the_original() =>
        Assert.All(["policy.yaml", "policy-bgsave.yaml"], name => Assert.DoesNotContain(
            PolicyLints.For(Policy(name)),
            lint => lint.Path.StartsWith("backup.commands", StringComparison.Ordinal) && lint.Code != "shutdown-by-exec"));

    async Task Place(Stream to, CancellationToken cancel)
    {
        await using var from = File.OpenRead(_scratch["data.tar.gz"]);
        await from.CopyToAsync(to, cancel);
    }

    ArchiveScript Script(BackupPolicy policy, RedisServer server, string path)
    {
        var config = _scratch.File("redis.conf",
            $"bind 127.0.0.1\nport {server.Port}\ndir {server.Folder}\nsave \"\"\nenable-debug-command local\nlogfile {_scratch["redis.log"]}\n");
        var values = new Dictionary<string, object?>(policy.Values) { ["config"] = config, ["owner"] = "0:0" };
        var text = path == ArchiveScript.BackupPath ? policy.Commands.Backup! : policy.Commands.Restore!;
        return new ArchiveScript(path, CommandTemplate.Parse(text).Render(Model(server, values)), Archive, policy.Commands.Timeout);
    }

    string Archive => _scratch["backup/backup.tar.gz"];

    TemplateModel Model(RedisServer server, Dictionary<string, object?> values)
    {
        values["port"] = (long)server.Port;
        values["dataPath"] = server.Folder;
        return new TemplateModel(
            values,
            new BackupNames("20261122t020000z-aaaaaa", "2026-11-22T02:00:00Z", Archive, Archive + ".sha256"),
            new WorkloadNames("folder", "redis", "local", "", "", "data"));
    }

    static BackupPolicy Policy(string name) => PolicyDocument.Parse(File.ReadAllText(Path.Combine(Root, "manifests/examples/redis", name))).Policy;

    static string Root
    {
        get
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (!File.Exists(Path.Combine(folder.FullName, "BackupRunner.sln")))
                folder = folder.Parent!;
            return folder.FullName;
        }
    }
}
