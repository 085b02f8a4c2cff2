using System.Globalization;

namespace BackupRunner.Tests.EndToEnd;

/// <summary>
/// A client that never stops: it writes the keys <c>written:0</c>, <c>written:1</c>, ... in order, and once the server has forked to save it
/// also deletes and overwrites what <see cref="RedisKeys"/> filled in, which must not reach the snapshot.
/// </summary>
public sealed class RedisWriter : IAsyncDisposable
{
    const string Prefix = "written:";
    const int AtOnce = 20;

    readonly RedisConnection redis;
    readonly int filled;
    readonly CancellationTokenSource stop = new();
    readonly Task writing;
    int acknowledged;
    int spoiled;

    RedisWriter(RedisConnection redis, int filled, long forks)
    {
        (this.redis, this.filled) = (redis, filled);
        writing = Write(forks);
    }

    /// <summary>How many keys the server has said it wrote.</summary>
    public int Acknowledged => Volatile.Read(ref acknowledged);

    /// <summary>How many of the keys that were there before the save it has deleted or overwritten since.</summary>
    public int Spoiled => Volatile.Read(ref spoiled);

    /// <param name="redis">Owned by the writer from now on.</param>
    public static async Task<RedisWriter> Start(RedisConnection redis, int filled, CancellationToken cancel) =>
        new(redis, filled, await Forks(redis, cancel));

    public static async Task<long> Forks(RedisConnection redis, CancellationToken cancel)
    {
        var stats = (string)(await redis.Call(cancel, "INFO", "stats"))!;
        return long.Parse(stats.Split("total_forks:")[1].Split('\r')[0], CultureInfo.InvariantCulture);
    }

    /// <summary>How many keys of the writer a server holds; fails the test when they are not the first so many, each with its value.</summary>
    public static async Task<int> Kept(RedisConnection redis, CancellationToken cancel)
    {
        var names = await RedisKeys.Names(redis, Prefix + "*", cancel);
        var values = await redis.Pipeline(Enumerable.Range(0, names.Count).Select(index => (string[])["GET", Prefix + Text(index)]), cancel);
        Assert.Equal(Enumerable.Range(0, names.Count).Select(Text), values);
        return names.Count;
    }

    public async Task Stop()
    {
        await stop.CancelAsync();
        await writing;
    }

    public async ValueTask DisposeAsync()
    {
        await Stop();
        redis.Dispose();
        stop.Dispose();
    }

    async Task Write(long forks)
    {
        while (!stop.IsCancellationRequested)
        {
            await redis.Pipeline(Enumerable.Range(acknowledged, AtOnce).Select(index => (string[])["SET", Prefix + Text(index), Text(index)]), CancellationToken.None);
            Volatile.Write(ref acknowledged, acknowledged + AtOnce);
            if (spoiled < filled && await Forks(redis, CancellationToken.None) > forks)
            {
                var names = Enumerable.Range(spoiled, Math.Min(AtOnce, filled - spoiled)).Select(RedisKeys.Name);
                await redis.Pipeline(names.Select((name, index) => index % 2 == 0 ? (string[])["DEL", name] : ["SET", name, "too late"]), CancellationToken.None);
                Volatile.Write(ref spoiled, spoiled + AtOnce);
            }
        }
    }

    static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
