using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace BackupRunner.Tests.Storage.Gcs;

/// <summary>A live generation of an object.</summary>
public sealed record FakeGcsObject(string Name, byte[] Content, long Generation, DateTimeOffset Created, string ContentType)
{
    /// <summary>Metadata that somebody may have set: <c>gzip</c> makes the service inflate what it serves.</summary>
    public string? ContentEncoding { get; init; }

    public bool Held { get; init; }

    public string Crc32C { get; } = FakeGcsChecksums.Crc32C(Content);

    public string Md5 { get; } = FakeGcsChecksums.Md5(Content);
}

/// <summary>One bucket, without versions. Its objects are in the order of their names' UTF-8 bytes.</summary>
public sealed class FakeGcsBucket(string name, TimeProvider time)
{
    public static readonly IReadOnlySet<string> Fields = new HashSet<string>(StringComparer.Ordinal)
    {
        "kind", "id", "selfLink", "mediaLink", "name", "bucket", "generation", "metageneration", "contentType", "contentEncoding", "storageClass", "size", "md5Hash",
        "crc32c", "etag", "timeCreated", "updated", "items", "prefixes", "nextPageToken",
    };

    readonly Lock gate = new();
    readonly SortedDictionary<string, FakeGcsObject> objects = new(Comparer<string>.Create((a, b) => Encoding.UTF8.GetBytes(a).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(b))));
    readonly Dictionary<string, int> created = [];
    long generation;

    public string Name => name;

    /// <summary>No object may be deleted or replaced before it is so old.</summary>
    public TimeSpan Retention { get; set; }

    public IReadOnlyList<FakeGcsObject> Objects
    {
        get
        {
            lock (gate)
                return [.. objects.Values];
        }
    }

    /// <summary>How often an object was made under the name.</summary>
    public int TimesCreated(string key)
    {
        lock (gate)
            return created.GetValueOrDefault(key);
    }

    public FakeGcsObject? Find(string key)
    {
        lock (gate)
            return objects.GetValueOrDefault(key);
    }

    public FakeGcsObject Make(string key, byte[] content, string contentType, Action<FakeGcsObject?> check)
    {
        lock (gate)
        {
            var live = objects.GetValueOrDefault(key);
            check(live);
            RefuseKept(live);
            generation = Math.Max(generation + 1, time.GetUtcNow().ToUnixTimeMilliseconds() * 1000);
            created[key] = created.GetValueOrDefault(key) + 1;
            // Times have milliseconds on the wire.
            return objects[key] = new FakeGcsObject(key, content, generation, DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds()), contentType);
        }
    }

    public void Remove(string key, Action<FakeGcsObject> check)
    {
        lock (gate)
        {
            var live = objects.GetValueOrDefault(key) ?? throw FakeGcsException.NoObject(name, key);
            check(live);
            RefuseKept(live);
            objects.Remove(key);
        }
    }

    /// <summary>What another program does to an object's metadata.</summary>
    public void Change(string key, Func<FakeGcsObject, FakeGcsObject> change)
    {
        lock (gate)
            objects[key] = change(objects[key]);
    }

    void RefuseKept(FakeGcsObject? live)
    {
        if (live is { Held: true })
            throw new FakeGcsException(403, "objectUnderActiveHold", $"Object '{name}/{live.Name}' is under active Temporary hold and cannot be deleted, overwritten or archived until hold is removed.");
        if (live is not null && live.Created + Retention > time.GetUtcNow())
        {
            throw new FakeGcsException(
                403, "retentionPolicyNotMet", $"Object '{name}/{live.Name}' is subject to bucket's retention policy or object retention and cannot be deleted or overwritten until {Text(live.Created + Retention)}");
        }
    }

    public JsonObject Resource(FakeGcsObject stored)
    {
        var resource = new JsonObject
        {
            ["kind"] = "storage#object",
            ["id"] = $"{name}/{stored.Name}/{stored.Generation}",
            ["name"] = stored.Name,
            ["bucket"] = name,
            ["generation"] = stored.Generation.ToString(CultureInfo.InvariantCulture),
            ["metageneration"] = "1",
            ["contentType"] = stored.ContentType,
            ["storageClass"] = "STANDARD",
            ["size"] = stored.Content.Length.ToString(CultureInfo.InvariantCulture),
            ["md5Hash"] = stored.Md5,
            ["crc32c"] = stored.Crc32C,
            ["etag"] = "C" + stored.Generation.ToString(CultureInfo.InvariantCulture),
            ["timeCreated"] = Text(stored.Created),
            ["updated"] = Text(stored.Created),
        };
        if (stored.ContentEncoding is not null)
            resource["contentEncoding"] = stored.ContentEncoding;
        return resource;
    }

    static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}

/// <summary>Checksums by their definitions, not by the product's code.</summary>
public static class FakeGcsChecksums
{
    static readonly uint[] Table = [.. Enumerable.Range(0, 256).Select(value => Enumerable.Range(0, 8).Aggregate((uint)value, (crc, _) => (crc & 1) != 0 ? (crc >> 1) ^ 0x82F63B78 : crc >> 1))];

    public static string Crc32C(ReadOnlySpan<byte> content)
    {
        var crc = uint.MaxValue;
        foreach (var value in content)
            crc = Table[(byte)(crc ^ value)] ^ (crc >> 8);
        crc = ~crc;
        return Convert.ToBase64String([(byte)(crc >> 24), (byte)(crc >> 16), (byte)(crc >> 8), (byte)crc]);
    }

#pragma warning disable CA5351 // The service has it.
    public static string Md5(ReadOnlySpan<byte> content) => Convert.ToBase64String(MD5.HashData(content));
#pragma warning restore CA5351

    /// <summary>Compares what the client says with what came; null says nothing.</summary>
    public static void Check(string kind, string? said, string calculated)
    {
        if (said is not null && said != calculated)
            throw FakeGcsException.Invalid($"Provided {kind} \"{said}\" doesn't match calculated {kind} \"{calculated}\".");
    }
}
