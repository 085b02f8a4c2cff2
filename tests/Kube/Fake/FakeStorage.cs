using System.Globalization;
using System.Text.Json.Nodes;

namespace BackupRunner.Tests.Kube.Fake;

/// <param name="Namespace">Empty for what belongs to none.</param>
public sealed record FakeKey(string Group, string Plural, string Namespace, string Name)
{
    public static FakeKey Of(FakeKind kind, string @namespace, string name) => new(kind.Group, kind.Plural, kind.Namespaced ? @namespace : "", name);
}

/// <summary>One version of an object. The object is never changed: writers change copies.</summary>
public sealed class FakeStored(JsonObject item, long version)
{
    readonly Lazy<byte[]> bytes = new(() => System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(item));

    public JsonObject Item => item;

    public long Version => version;

    public JsonNode Metadata => item["metadata"]!;

    public string Uid => (string?)Metadata["uid"] ?? "";

    public ReadOnlyMemory<byte> Bytes => bytes.Value;
}

/// <summary>Old is null for what is new, New for what is gone.</summary>
/// <param name="Last">The object as a watch reports it: when it is gone, with the version at which it went.</param>
public sealed record FakeChange(long Version, FakeKey Key, FakeStored? Old, FakeStored? New, FakeStored Last);

/// <summary>The objects, in the order of their names, and what has changed since: one counter of versions, as etcd has one revision.</summary>
public sealed class FakeStorage
{
    readonly Lock gate = new();
    readonly Dictionary<(string Group, string Plural), SortedDictionary<(string Namespace, string Name), FakeStored>> objects = [];
    readonly List<FakeChange> log = [];
    TaskCompletionSource more = new(TaskCreationOptions.RunContinuationsAsynchronously);
    long compacted;

    public long Version { get; private set; } = 1;

    /// <summary>Every change, in order, while the storage is locked: it must not wait.</summary>
    public event Action<FakeChange>? Changed;

    public FakeStored? Get(FakeKey key)
    {
        lock (gate)
            return Of(key).GetValueOrDefault((key.Namespace, key.Name));
    }

    /// <summary>Writes (or, with null, removes) the object, if it still has the version <paramref name="expected"/>, which is 0 for one that must not exist. Null: it has not.</summary>
    public FakeStored? Commit(FakeKey key, long expected, JsonObject? next)
    {
        lock (gate)
        {
            var of = Of(key);
            var old = of.GetValueOrDefault((key.Namespace, key.Name));
            if ((old?.Version ?? 0) != expected)
                return null;
            Version++;
            var item = (JsonObject)(next ?? old!.Item).DeepClone();
            item["metadata"]!["resourceVersion"] = Version.ToString(CultureInfo.InvariantCulture);
            var stored = new FakeStored(item, Version);
            if (next is null)
                of.Remove((key.Namespace, key.Name));
            else
                of[(key.Namespace, key.Name)] = stored;
            var change = new FakeChange(Version, key, old, next is null ? null : stored, stored);
            log.Add(change);
            Changed?.Invoke(change);
            var waiting = more;
            more = new(TaskCreationOptions.RunContinuationsAsynchronously);
            waiting.TrySetResult();
            return stored;
        }
    }

    /// <summary>All of a kind, as they were at <paramref name="at"/> (null: now). Null: that is too long ago.</summary>
    public (IReadOnlyList<FakeStored> Items, long Version)? List(FakeKind kind, string @namespace, long? at = null)
    {
        lock (gate)
        {
            var version = at ?? Version;
            if (version < compacted)
                return null;
            var of = Of(new FakeKey(kind.Group, kind.Plural, "", ""));
            var then = of;
            if (version < Version)
            {
                then = new(of);
                foreach (var change in log.AsEnumerable().Reverse().TakeWhile(change => change.Version > version).Where(change => change.Key.Group == kind.Group && change.Key.Plural == kind.Plural))
                {
                    if (change.Old is null)
                        then.Remove((change.Key.Namespace, change.Key.Name));
                    else
                        then[(change.Key.Namespace, change.Key.Name)] = change.Old;
                }
            }
            return ([.. then.Where(item => @namespace.Length == 0 || item.Key.Namespace == @namespace).Select(item => item.Value)], version);
        }
    }

    /// <summary>Every object that holds for <paramref name="which"/>, of any kind.</summary>
    public IReadOnlyList<(FakeKey Key, FakeStored Stored)> Where(Func<FakeKey, FakeStored, bool> which)
    {
        lock (gate)
        {
            return [.. objects.SelectMany(of => of.Value.Select(item => (Key: new FakeKey(of.Key.Group, of.Key.Plural, item.Key.Namespace, item.Key.Name), Stored: item.Value)))
                .Where(item => which(item.Key, item.Stored))];
        }
    }

    /// <summary>What has changed after <paramref name="version"/>, and a task that ends with the next change. Null: that is too long ago.</summary>
    public (IReadOnlyList<FakeChange> Changes, Task More)? Since(long version)
    {
        lock (gate)
        {
            if (version < compacted)
                return null;
            // Every change has the next number.
            var first = log.Count == 0 ? 0 : (int)Math.Clamp(version + 1 - log[0].Version, 0, log.Count);
            return (log[first..], more.Task);
        }
    }

    /// <summary>Forgets how it was before now.</summary>
    public void Compact()
    {
        lock (gate)
        {
            log.Clear();
            compacted = Version;
        }
    }

    public long Oldest
    {
        get
        {
            lock (gate)
                return compacted;
        }
    }

    SortedDictionary<(string Namespace, string Name), FakeStored> Of(FakeKey key)
    {
        if (!objects.TryGetValue((key.Group, key.Plural), out var of))
            objects.Add((key.Group, key.Plural), of = new(OrdinalNames));
        return of;
    }

    static readonly Comparer<(string Namespace, string Name)> OrdinalNames = Comparer<(string Namespace, string Name)>.Create((left, right) =>
        string.CompareOrdinal(left.Namespace, right.Namespace) is var order and not 0 ? order : string.CompareOrdinal(left.Name, right.Name));
}
