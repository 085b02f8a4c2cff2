using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.EndToEnd;

public sealed class FileRedisBackupTests : RedisBackupContract
{
    protected override Task<IStoreUnderTest> CreateStore() => Task.FromResult<IStoreUnderTest>(new FolderUnderTest());

    [Fact]
    public async Task Restores_what_redis_held_at_BGSAVE_with_the_consistency_command_as_the_document_prints_it()
    {
        await using var host = await RedisHost.Start(Cancel);
        var socket = Site.Scratch["redis.sock"];
        string[] server = ["--dir", Site.Scratch.Folder("redis"), "--save", "", "--enable-debug-command", "local", "--unixsocket", socket];
        await host.StartRedis(Cancel, server);
        var runner = new RunnerCall(Site.Scratch.Folder("state")) { Prefix = host.Prefix };

        await LosesAndRestores(
            runner, RedisDocument.Consistency, () => RedisConnection.Open(socket, Cancel),
            stop: () => host.Run("redis-cli", "SHUTDOWN", "NOSAVE"), start: () => host.StartRedis(Cancel, server));
    }
}
