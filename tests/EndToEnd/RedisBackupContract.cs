using System.Globalization;
using BackupRunner.Tests.Hooks;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.EndToEnd;

/// <summary>A Redis that is written to while it is backed up, lost, and restored.</summary>
public abstract class RedisBackupContract : SiteContract
{
    const int Keys = 200_000;

    [Fact]
    public async Task Restores_what_redis_held_at_BGSAVE_on_another_port_with_a_password_from_the_environment()
    {
        var server = await RedisServer.Start(Cancel, folder: Site.Scratch.Folder("redis"));
        try
        {
            var runner = new RunnerCall(Site.Scratch.Folder("state")) { Variables = server.Environment };
            var consistency = $"""
                    consistency:
                      enabled: true
                      command: redis-cli -p {server.Port.ToString(CultureInfo.InvariantCulture)} BGSAVE
                """;

            await LosesAndRestores(
                runner, consistency, () => RedisConnection.Open(server.Port, server.Password, Cancel),
                stop: server.Kill, start: async () => server = await RedisServer.Start(Cancel, folder: Site.Scratch["redis"]));
            await AssertHides(server.Password);
        }
        finally
        {
            await server.DisposeAsync();
        }
    }

    protected async Task LosesAndRestores(RunnerCall runner, string consistency, Func<Task<RedisConnection>> open, Action stop, Func<Task> start)
    {
        // The document prints the block as it stands four columns in, below "settings", which stands two columns in.
        var settings = "settings:\n" + string.Join('\n', consistency.Split('\n').Select(line => line.Length > 2 ? line[2..] : line));
        string[] target = [.. Site.Store(settings), "--data", Site.Scratch["redis"], "--report", Site.Scratch["report.json"]];
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
        Shell.Run("find", Site.Scratch["redis"], "-mindepth", "1", "-delete");

        (await runner.Run(["verify", .. target, "--latest"])).Exited(0);
        (await runner.Run(["restore", .. target, "--latest"])).Exited(0);

        Assert.Equal(["dump.rdb"], Directory.EnumerateFileSystemEntries(Site.Scratch["redis"]).Select(Path.GetFileName));
        await start();
        using var restored = await open();
        RedisKeys.AssertSame(before, await RedisKeys.Read(restored, Cancel));
        Assert.InRange(await RedisWriter.Kept(restored, Cancel), writtenBefore, written - 1);
    }

    /// <summary>Nothing that the runner wrote holds <paramref name="secret"/>.</summary>
    async Task AssertHides(string secret)
    {
        var stored = await Site.Download();
        Assert.Equal(1, Shell.Try("grep", "-r", "--fixed-strings", "--files-with-matches", secret, Site.Scratch["state"], stored, Site.Scratch["report.json"]).ExitCode);
    }
}
