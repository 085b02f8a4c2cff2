using System.Text.Json.Nodes;

namespace BackupRunner.Tests.Kube.Fake.Fields;

/// <summary>Somebody who wrote fields, and by what.</summary>
public sealed record FieldManager(string Name, string Operation, string ApiVersion, string Subresource)
{
    /// <summary>As a conflict names it.</summary>
    public override string ToString() =>
        $"\"{Name}\"" + (Subresource.Length > 0 ? $" with subresource \"{Subresource}\"" : "") + (Operation == "Update" ? $" using {ApiVersion}" : "");
}

/// <summary>Another manager holds a field that an apply without force would change.</summary>
public sealed record FieldConflict(FieldManager With, string Path);

/// <summary><c>metadata.managedFields</c>: who wrote which field, after every write as server-side apply keeps it.</summary>
public sealed class ManagedFields(IReadOnlyDictionary<FieldManager, (FieldSet Set, string? Time)> managers)
{
    static readonly string[][] Ignored =
    [
        ["f:apiVersion"], ["f:kind"], ["f:metadata", "f:name"], ["f:metadata", "f:namespace"], ["f:metadata", "f:creationTimestamp"], ["f:metadata", "f:uid"],
        ["f:metadata", "f:generation"], ["f:metadata", "f:managedFields"], ["f:metadata", "f:resourceVersion"], ["f:metadata", "f:selfLink"], ["f:metadata", "f:deletionTimestamp"],
        ["f:metadata", "f:deletionGracePeriodSeconds"],
    ];

    public bool IsEmpty => managers.Count == 0;

    public static ManagedFields Of(JsonObject item)
    {
        var managers = new Dictionary<FieldManager, (FieldSet, string?)>();
        foreach (var entry in item["metadata"]?["managedFields"] as JsonArray ?? [])
        {
            if (entry?["fieldsV1"] is not JsonObject fields)
                continue;
            var manager = new FieldManager(
                (string?)entry["manager"] ?? "", (string?)entry["operation"] ?? "Update", (string?)entry["apiVersion"] ?? "", (string?)entry["subresource"] ?? "");
            managers[manager] = (FieldSet.Read(fields), (string?)entry["time"]);
        }
        return new ManagedFields(managers);
    }

    /// <summary>After a create, an update or a patch.</summary>
    public ManagedFields Updated(FieldManager by, JsonNode? old, JsonNode now, FieldType type, string time)
    {
        var comparison = FieldWalk.Compare(old, now, type);
        var changed = Strip(comparison.Changed);
        var after = Taken(by, changed, comparison.Removed);
        var mine = (managers.TryGetValue(by, out var held) ? held.Set : new FieldSet()).Union(changed).Except(comparison.Removed);
        after.Remove(by);
        if (!mine.IsEmpty)
            after[by] = (mine, changed.IsEmpty && comparison.Removed.IsEmpty ? held.Time ?? time : time);
        return new ManagedFields(after);
    }

    /// <summary>After an apply: the object, who holds what, and the conflicts, which stand in the way unless it is forced.</summary>
    public (JsonObject Merged, ManagedFields After, IReadOnlyList<FieldConflict> Conflicts) Applied(FieldManager by, JsonObject live, JsonObject applied, FieldType type, string time)
    {
        var claimed = Strip(FieldWalk.Claimed(applied, type));
        var others = managers.Where(manager => manager.Key != by).Aggregate(claimed, (all, manager) => all.Union(manager.Value.Set));
        var lost = managers.TryGetValue(by, out var last) ? last.Set.Except(claimed) : new FieldSet();
        var merged = FieldWalk.Remove(FieldWalk.Merge(live, applied, type), type, lost, others) as JsonObject ?? [];
        var comparison = FieldWalk.Compare(live, merged, type);
        var changed = Strip(comparison.Changed);
        var conflicts = managers.Where(manager => manager.Key != by)
            .SelectMany(manager => manager.Value.Set.Intersect(changed).Paths().Select(path => new FieldConflict(manager.Key, path)));
        var after = Taken(by, changed, comparison.Removed);
        var same = last.Set is { } before && before.Except(claimed).IsEmpty && claimed.Except(before).IsEmpty && comparison.IsSame;
        after[by] = (claimed, same ? last.Time : time);
        return (merged, new ManagedFields(after), [.. conflicts]);
    }

    /// <summary>Without the manager's claim to one field, which another now has.</summary>
    public ManagedFields Moved(FieldSet fields, FieldManager? to, string? time)
    {
        var after = managers.ToDictionary(manager => manager.Key, manager => (Set: manager.Value.Set.Except(fields), manager.Value.Time));
        foreach (var empty in after.Where(manager => manager.Value.Set.IsEmpty).Select(manager => manager.Key).ToList())
            after.Remove(empty);
        if (to is not null)
            after[to] = (fields, time);
        return new ManagedFields(after);
    }

    public bool Holds(FieldSet fields) => managers.Values.Any(manager => !manager.Set.Intersect(fields).IsEmpty);

    public void WriteTo(JsonObject item)
    {
        var metadata = (JsonObject)item["metadata"]!;
        metadata.Remove("managedFields");
        var entries = managers.OrderBy(manager => manager.Key.Operation, StringComparer.Ordinal).ThenBy(manager => manager.Value.Time ?? "", StringComparer.Ordinal)
            .ThenBy(manager => manager.Key.Name, StringComparer.Ordinal).ThenBy(manager => manager.Key.Subresource, StringComparer.Ordinal);
        var written = new JsonArray([.. entries.Select(manager => Entry(manager.Key, manager.Value.Set, manager.Value.Time))]);
        if (written.Count > 0)
            metadata["managedFields"] = written;
    }

    static JsonObject Entry(FieldManager manager, FieldSet set, string? time)
    {
        var entry = new JsonObject { ["manager"] = manager.Name, ["operation"] = manager.Operation, ["apiVersion"] = manager.ApiVersion };
        if (time is not null)
            entry["time"] = time;
        entry["fieldsType"] = "FieldsV1";
        entry["fieldsV1"] = set.ToJson();
        if (manager.Subresource.Length > 0)
            entry["subresource"] = manager.Subresource;
        return entry;
    }

    // Whoever else held what was changed or removed holds it no more.
    Dictionary<FieldManager, (FieldSet Set, string? Time)> Taken(FieldManager by, FieldSet changed, FieldSet removed)
    {
        var after = new Dictionary<FieldManager, (FieldSet Set, string? Time)>();
        foreach (var (manager, (set, time)) in managers)
        {
            var left = manager == by ? set : set.Except(changed).Except(removed);
            if (!left.IsEmpty)
                after[manager] = (left, time);
        }
        return after;
    }

    static FieldSet Strip(FieldSet set) => set.Without(Ignored).Except(Containers);

    // The object itself and its metadata are nobody's.
    static readonly FieldSet Containers = Metadata();

    static FieldSet Metadata()
    {
        var set = new FieldSet { IsMember = true };
        set.Child("f:metadata").IsMember = true;
        return set;
    }
}
