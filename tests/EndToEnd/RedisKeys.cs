using System.Globalization;

namespace BackupRunner.Tests.EndToEnd;

/// <summary>Keys of every type, of each encoding that a type has, some with a time to live.</summary>
public static class RedisKeys
{
    const string Prefix = "key:";
    const int DigestsAtOnce = 500;

    /// <summary>Every so many keys, one that is too large for the compact encoding of its type.</summary>
    const int LargeEvery = 5000;

    public static string Name(int index) => index % 1000 == 0 ? $"{Prefix}{index} with a space,\r\n\0 and \u00ff" : Prefix + Text(index);

    public static async Task Fill(RedisConnection redis, int count, CancellationToken cancel)
    {
        await redis.Pipeline(Enumerable.Range(0, count).SelectMany(Written), cancel);
        Assert.Equal((long)count, await redis.Call(cancel, "DBSIZE"));
    }

    /// <summary>
    /// Of each key of <see cref="Fill"/>, its value and its time of expiry: the server's own digest of type and value, which does not depend
    /// on how a value is laid out in memory; PEXPIRETIME; and DUMP of the streams, for their consumer groups.
    /// </summary>
    public static async Task<Dictionary<string, string>> Read(RedisConnection redis, CancellationToken cancel)
    {
        var names = await Names(redis, Prefix + "*", cancel);
        var digests = await redis.Pipeline(names.Chunk(DigestsAtOnce).Select(some => (string[])["DEBUG", "DIGEST-VALUE", .. some]), cancel);
        var expiries = await redis.Pipeline(names.Select(name => (string[])["PEXPIRETIME", name]), cancel);
        var streams = await Names(redis, Prefix + "*", cancel, "TYPE", "stream");
        var dumps = (await redis.Pipeline(streams.Select(name => (string[])["DUMP", name]), cancel)).Zip(streams).ToDictionary(pair => pair.Second, pair => pair.First);
        return digests.SelectMany(some => (List<object?>)some!).Zip(expiries, names)
            .ToDictionary(key => key.Third, key => $"{key.First} {key.Second} {dumps.GetValueOrDefault(key.Third)}");
    }

    public static void AssertSame(Dictionary<string, string> expected, Dictionary<string, string> actual)
    {
        var different = expected.Where(key => actual.GetValueOrDefault(key.Key) != key.Value).Take(5)
            .Select(key => $"{key.Key}: {key.Value} became {actual.GetValueOrDefault(key.Key, "nothing")}").ToList();
        Assert.True(different.Count == 0, string.Join('\n', different));
        Assert.Equal(expected.Count, actual.Count);
    }

    public static async Task<List<string>> Names(RedisConnection redis, string pattern, CancellationToken cancel, params string[] filter)
    {
        // A SCAN may give a name twice.
        var names = new HashSet<string>(StringComparer.Ordinal);
        var cursor = "0";
        do
        {
            var reply = (List<object?>)(await redis.Call(cancel, ["SCAN", cursor, "MATCH", pattern, "COUNT", "5000", .. filter]))!;
            cursor = (string)reply[0]!;
            names.UnionWith(((List<object?>)reply[1]!).Cast<string>());
        }
        while (cursor != "0");
        return [.. names];
    }

    static IEnumerable<string[]> Written(int index)
    {
        var name = Name(index);
        var elements = index % LargeEvery < 10 ? 600 : 3;
        switch (index % 10)
        {
            case 0:
                yield return ["SET", name, Text(index)];
                break;
            case < 5:
                yield return ["SET", name, new string((char)(index % 256), index % 300)];
                break;
            case 5:
                yield return ["HSET", name, .. Members(elements).SelectMany(member => (string[])[member, member + "\n\u0080"])];
                break;
            case 6:
                yield return ["RPUSH", name, .. Members(elements)];
                break;
            case 7:
                yield return ["SADD", name, .. index % 20 < 10 ? Members(elements) : Enumerable.Range(index, elements).Select(Text)];
                break;
            case 8:
                yield return ["ZADD", name, .. Members(elements).SelectMany((member, i) => (string[])[Text(i % 7) + ".25", member])];
                break;
            case 9:
                for (var i = 1; i <= Math.Min(elements, 200); i++)
                    yield return ["XADD", name, $"{index + i}-1", "field", Text(i)];
                yield return ["XGROUP", "CREATE", name, "readers", "0"];
                yield return ["XREADGROUP", "GROUP", "readers", "first", "COUNT", "2", "STREAMS", name, ">"];
                yield return ["XACK", name, "readers", $"{index + 1}-1"];
                break;
        }
        // Far away, and to the millisecond.
        if (index % 7 == 0)
            yield return ["PEXPIREAT", name, (4_000_000_000_123L + index).ToString(CultureInfo.InvariantCulture)];
    }

    static IEnumerable<string> Members(int count) => Enumerable.Range(0, count).Select(i => $"member {i}");

    static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
