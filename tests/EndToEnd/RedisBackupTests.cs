using System.Globalization;
using BackupRunner.Tests.Hooks;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.EndToEnd;

/// <summary>A Redis that is written to while it is backed up, lost, and restored.</summary>
public sealed class RedisBackupTests : IDisposable
{
    const int Keys = 200_000;

    readonly Scratch scratch = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => scratch.Dispose();

    [Fact]
    public async Task Restores_what_redis_held_at_BGSAVE_with_the_consistency_command_as_the_document_prints_it()
    {
        await using var host = await RedisHost.Start(Cancel);
        var socket = scratch["redis.sock"];
        string[] server = ["--dir", scratch.Folder("redis"), "--save", "", "--enable-debug-command", "local", "--unixsocket", socket];
        await host.StartRedis(Cancel, server);
        var runner = new RunnerCall(scratch.Folder("state")) { Prefix = host.Prefix };

        await LosesAndRestores(
            runner, RedisDocument.Consistency, () => RedisConnection.Open(socket, Cancel),
            stop: () => host.Run("redis-cli", "SHUTDOWN", "NOSAVE"), start: () => host.StartRedis(Cancel, server));
    }

    [Fact]
    public async Task Restores_what_redis_held_at_BGSAVE_on_another_port_with_a_password_from_the_environment()
    {
        var server = await RedisServer.Start(Cancel, folder: scratch.Folder("redis"));
        try
        {
            var runner = new RunnerCall(scratch.Folder("state")) { Variables = server.Environment };
            var consistency = $"""
                    consistency:
                      enabled: true
                      command: redis-cli -p {server.Port.ToString(CultureInfo.InvariantCulture)} BGSAVE
                """;

            await LosesAndRestores(
                runner, consistency, () => RedisConnection.Open(server.Port, server.Password, Cancel),
                stop: server.Kill, start: async () => server = await RedisServer.Start(Cancel, folder: scratch["redis"]));
            AssertHides(server.Password);
        }
        finally
        {
            await server.DisposeAsync();
        }
    }

    async Task LosesAndRestores(RunnerCall runner, string consistency, Func<Task<RedisConnection>> open, Action stop, Func<Task> start)
    {
        var policy = scratch.File("policy.yaml", $"backup:\n  settings:\n{consistency}\n");
        string[] target = ["--policy", policy, "--data", scratch["redis"], "--store", scratch["store"], "--report", scratch["report.json"]];
        Dictionary<string, string> before;
        int writtenBefore, written;
        using (var redis = await open())
        {
            await RedisKeys.Fill(redis, Keys, Cancel);
            before = await RedisKeys.Read(redis, Cancel);
            var forks = await RedisWriter.Forks(redis, Cancel);
            await using var writer = await RedisWriter.Start(await open(), Keys, Cancel);

            writtenBefore = writer.Acknowledged;
            (await runner.Run(["backup", .. target])).Exited(0);

            await writer.Stop();
            written = writer.Acknowledged;
            Assert.Equal(forks + 1, await RedisWriter.Forks(redis, Cancel));
            Assert.True(writer.Spoiled > 0, "the writer did not write after the save had begun");
            await redis.Call(Cancel, "FLUSHALL");
        }
        stop();
        Shell.Run("find", scratch["redis"], "-mindepth", "1", "-delete");

        (await runner.Run(["verify", .. target, "--latest"])).Exited(0);
        (await runner.Run(["restore", .. target, "--latest"])).Exited(0);

        Assert.Equal(["dump.rdb"], Directory.EnumerateFileSystemEntries(scratch["redis"]).Select(Path.GetFileName));
        await start();
        using var restored = await open();
        RedisKeys.AssertSame(before, await RedisKeys.Read(restored, Cancel));
        Assert.InRange(await RedisWriter.Kept(restored, Cancel), writtenBefore, written - 1);
    }

    /// <summary>Nothing that the runner wrote holds <paramref name="secret"/>.</summary>
    void AssertHides(string secret) =>
        Assert.Equal(1, Shell.Try("grep", "-r", "--fixed-strings", "--files-with-matches", secret, scratch["state"], scratch["store"], scratch["report.json"]).ExitCode);
}
