using System.Text.Json;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.EndToEnd;

/// <summary>The scripts of the document's Redis example (7.1) on a host of their own: as shipped, mended; and as printed.</summary>
public sealed class Template71Tests : IDisposable
{
    const string Data = "/var/lib/redis";
    const string Password = "correct-horse";
    const int Keys = 2000;

    /// <summary>Of the scripts as printed, in the words of the lints.</summary>
    static readonly string[] Mistakes =
    [
        "backup.commands.backup: compares two calls of LASTSAVE",
        "backup.commands.restore: empties a folder with rm -r and \"/*\"",
        "backup.commands.restore: has SHUTDOWN",
        "backup.commands.restore: ends in a server in the foreground",
    ];

    readonly Scratch scratch = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    static string Mended { get; } = Repository.PathOf("manifests/examples/redis/policy.yaml");

    static string Plain { get; } = Repository.PathOf("manifests/examples/redis/policy-bgsave.yaml");

    public void Dispose() => scratch.Dispose();

    [Fact]
    public async Task The_mended_scripts_back_up_and_restore_a_server_that_they_stop_and_start()
    {
        await using var host = await Host($"requirepass {Password}");
        var runner = Runner(host) with { Variables = new Dictionary<string, string> { ["REDISCLI_AUTH"] = Password } };
        string[] target = ["--policy", Mended, "--data", Data, "--report", scratch["report.json"]];
        host.Write($"{Data}/.hidden", "before");
        host.Run("chown", "-R", "redis:redis", Data);
        Dictionary<string, string> before;
        string firstServer;
        using (var redis = await Redis())
        {
            await redis.Call(Cancel, "AUTH", Password);
            await RedisKeys.Fill(redis, Keys, Cancel);
            before = await RedisKeys.Read(redis, Cancel);
            firstServer = await RunId(redis);
            await SlowSaves(redis);

            (await runner.Run(["backup", .. target])).Exited(0);

            await redis.Call(Cancel, "FLUSHALL");
            await redis.Call(Cancel, "SET", "later", "value");
        }
        host.Write($"{Data}/.hidden-later", "after");

        var restored = (await runner.Run(["restore", .. target, "--latest"])).Exited(0);

        using var again = await Redis();
        await again.Call(Cancel, "AUTH", Password);
        Assert.NotEqual(firstServer, await RunId(again));
        RedisKeys.AssertSame(before, await RedisKeys.Read(again, Cancel));
        Assert.Equal((long)Keys, await again.Call(Cancel, "DBSIZE"));
        Assert.Equal(".hidden redis\ndump.rdb redis\n", host.Run("sh", "-c", $"find {Data} -mindepth 1 -printf '%P %u\\n' | sort"));
        AssertNothingAtBackup(host);
        Assert.DoesNotContain(Password, restored.Out + restored.Error, StringComparison.Ordinal);
        Assert.Equal(1, Shell.Try("grep", "-r", "--fixed-strings", "--files-with-matches", Password, scratch["state"], scratch["report.json"]).ExitCode);
    }

    [Fact]
    public async Task The_example_without_scripts_backs_up_and_restores()
    {
        await using var host = await Host($"requirepass {Password}");
        var runner = Runner(host) with { Variables = new Dictionary<string, string> { ["REDISCLI_AUTH"] = Password } };
        string[] target = ["--policy", Plain, "--data", Data];
        host.Write($"{Data}/temp-1.rdb", "of a save that was cut off");
        Dictionary<string, string> before;
        using (var redis = await Redis())
        {
            await redis.Call(Cancel, "AUTH", Password);
            await RedisKeys.Fill(redis, Keys, Cancel);
            before = await RedisKeys.Read(redis, Cancel);
            await SlowSaves(redis);

            (await runner.Run(["backup", .. target])).Exited(0);

            await redis.Call(Cancel, "FLUSHALL");
        }
        host.Run("redis-cli", "--no-auth-warning", "-a", Password, "SHUTDOWN", "NOSAVE");
        host.Run("find", Data, "-mindepth", "1", "-delete");

        (await runner.Run(["restore", .. target, "--latest"])).Exited(0);

        Assert.Equal("dump.rdb\n", host.Run("ls", "-A", Data));
        await host.StartRedis(Cancel, "/etc/redis/redis.conf");
        using var again = await Redis();
        await again.Call(Cancel, "AUTH", Password);
        RedisKeys.AssertSame(before, await RedisKeys.Read(again, Cancel));
    }

    // The loop ends when a save ends between its two questions, in another second than the save before. None does: the one that the script
    // itself begins has ended before the loop begins, or lasts longer than the script may.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_backup_script_as_printed_never_ends(bool saveInProgress)
    {
        await using var host = await Host(saveInProgress ? "rdb-key-save-delay 10000000" : "");
        using var redis = await Redis();
        await redis.Call(Cancel, "SET", "key", "value");
        var runner = Runner(host) with
        {
            Variables = new Dictionary<string, string> { ["PATH"] = $"{ClientThatAwaitsSaves(awaits: !saveInProgress)}:{Environment.GetEnvironmentVariable("PATH")}" },
        };

        var result = await runner.Run(["backup", .. Printed(timeout: "3s")]);

        var error = result.Exited(3).Error;
        var ended = error.IndexOf("error: backup.commands.backup did not end within 3s and was ended", StringComparison.Ordinal);
        Assert.All(Mistakes, mistake => Assert.InRange(error.IndexOf("warning: " + mistake, StringComparison.Ordinal), 0, ended));
        Assert.Contains("\"check\" names known mistakes of the script", error, StringComparison.Ordinal);
        Assert.Empty(Stored);
        AssertNothingAtBackup(host);
        Assert.All(host.Programs, program => Assert.Contains(program, (string[])["redis-server", "redis-rdb-bgsav"]));
        using var report = JsonDocument.Parse(await File.ReadAllBytesAsync(scratch["report.json"], Cancel));
        Assert.Equal(3, report.RootElement.GetProperty("exitCode").GetInt32());
    }

    [Fact]
    public async Task The_restore_script_as_printed_never_ends_and_the_server_that_it_starts_ends_with_it()
    {
        await using var host = await Host("");
        using (var redis = await Redis())
            await redis.Call(Cancel, "SET", "key", "value");
        var runner = Runner(host);
        (await runner.Run("backup", "--policy", Mended, "--data", Data, "--store", scratch["store"])).Exited(0);

        var result = await runner.Run(["restore", .. Printed(timeout: "5s"), "--latest"]);

        Assert.Contains("error: backup.commands.restore did not end within 5s and was ended", result.Exited(3).Error, StringComparison.Ordinal);
        Assert.Contains("Ready to accept connections", result.Error, StringComparison.Ordinal);
        Assert.Empty(host.Programs);
        AssertNothingAtBackup(host);
    }

    [Fact]
    public async Task Check_says_beforehand_why()
    {
        scratch.File("data/file");

        var said = (await Runner(null).InProcess("check", "--policy", PrintedPolicy(timeout: "3s"), "--data", scratch["data"], "--store", scratch["store"])).Exited(0);

        var all = said.Out + said.Error;
        Assert.All(Mistakes, mistake => Assert.Contains(mistake, all, StringComparison.Ordinal));
    }

    /// <summary>With Redis on 6379, its configuration where Debian has it.</summary>
    async Task<RedisHost> Host(string configuration)
    {
        var host = await RedisHost.Start(Cancel, "/backup", "/etc/redis", Data, "/var/backups");
        host.Run("chown", "redis:redis", Data);
        host.Write("/etc/redis/redis.conf", $"""
            bind 127.0.0.1
            dir {Data}
            save ""
            enable-debug-command local
            unixsocket {scratch["redis.sock"]}
            unixsocketperm 777
            {configuration}

            """);
        Shell.Run("chmod", "777", scratch.Path);
        await host.StartRedis(Cancel, "/etc/redis/redis.conf");
        return host;
    }

    RunnerCall Runner(RedisHost? host) => new(scratch.Folder("state")) { Prefix = host?.Prefix ?? [] };

    Task<RedisConnection> Redis() => RedisConnection.Open(scratch["redis.sock"], Cancel);

    string PrintedPolicy(string timeout) => scratch.File("policy.yaml", RedisDocument.Commands(timeout));

    string[] Printed(string timeout) => ["--policy", PrintedPolicy(timeout), "--data", Data, "--store", scratch["store"], "--report", scratch["report.json"]];

    IEnumerable<string> Stored => Directory.Exists(scratch["store"]) ? Directory.GetFiles(scratch["store"], "*", SearchOption.AllDirectories) : [];

    /// <summary>A folder whose redis-cli is the real one, but comes back from BGSAVE only when the save has ended, in which nothing is saved between the loop's two questions.</summary>
    string ClientThatAwaitsSaves(bool awaits)
    {
        var await = awaits ? "until redis-cli INFO persistence | grep -q rdb_bgsave_in_progress:0; do sleep 0.05; done" : "";
        Shell.Run("chmod", "755", scratch.File("bin/redis-cli", $$"""
            #!/bin/sh
            PATH=${PATH#*:}
            redis-cli "$@" || exit
            if [ "$1" = BGSAVE ]; then
                {{await}}
                :
            fi
            """));
        return scratch["bin"];
    }

    static void AssertNothingAtBackup(RedisHost host) => Assert.Equal("", host.Run("find", "/backup", "-mindepth", "1"));

    /// <summary>Long enough that an archive which does not wait for the save has none.</summary>
    static Task SlowSaves(RedisConnection redis) => redis.Call(Cancel, "CONFIG", "SET", "rdb-key-save-delay", "500");

    static async Task<string> RunId(RedisConnection redis) => ((string)(await redis.Call(Cancel, "INFO", "server"))!).Split("run_id:")[1].Split('\r')[0];
}
