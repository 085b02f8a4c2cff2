using System.Text.Json.Nodes;

namespace BackupRunner.Tests.Kube.Fake.Fields;

/// <summary>What is different between two objects. A container that is new or gone is itself in the set, besides what it holds.</summary>
public sealed record Comparison(FieldSet Added, FieldSet Modified, FieldSet Removed)
{
    public FieldSet Changed => Added.Union(Modified);

    public bool IsSame => Added.IsEmpty && Modified.IsEmpty && Removed.IsEmpty;

    public Comparison Below(string element) => new(Added.Child(element), Modified.Child(element), Removed.Child(element));
}

/// <summary>Takes objects apart by their type, as structured-merge-diff does: sets of fields, differences, merges, removals.</summary>
public static class FieldWalk
{
    /// <summary>The fields that an applied configuration claims.</summary>
    public static FieldSet Claimed(JsonNode? value, FieldType type)
    {
        var set = new FieldSet();
        Claim(value, type, set);
        return set;
    }

    public static Comparison Compare(JsonNode? old, JsonNode? now, FieldType type)
    {
        var comparison = new Comparison(new(), new(), new());
        Compare((true, old), (true, now), type, comparison);
        return comparison;
    }

    /// <summary><paramref name="live"/> with all that <paramref name="applied"/> says.</summary>
    public static JsonNode? Merge(JsonNode? live, JsonNode? applied, FieldType type)
    {
        if (live is null || applied is null || type.IsLeaf)
            return applied?.DeepClone();
        var merged = Entries(live, type);
        foreach (var (element, item) in Entries(applied, type))
            merged[element] = merged.TryGetValue(element, out var present) ? (item.Name, Merge(present.Value, item.Value, item.Type), item.Type) : item;
        return Build(merged.Values, type);
    }

    /// <summary>Without what is in <paramref name="gone"/>, unless something in <paramref name="kept"/> is the same or below it. A structure that this empties goes as well.</summary>
    public static JsonNode? Remove(JsonNode? value, FieldType type, FieldSet gone, FieldSet? kept)
    {
        if (value is null || type.IsLeaf)
            return value?.DeepClone();
        var left = new List<(string Name, JsonNode? Value, FieldType Type)>();
        var removed = false;
        foreach (var (element, item) in Entries(value, type))
        {
            var (lost, held) = (gone.Find(element), kept?.Find(element));
            if (lost is { IsMember: true } && held is not { IsEmpty: false })
            {
                removed = true;
                continue;
            }
            var rest = lost is null ? item.Value?.DeepClone() : Remove(item.Value, item.Type, lost, held);
            if (rest is null && item.Value is not null)
                removed = true;
            else
                left.Add((item.Name, rest, item.Type));
        }
        return left.Count == 0 && removed ? null : Build(left, type);
    }

    static void Claim(JsonNode? value, FieldType type, FieldSet set)
    {
        if (type.IsLeaf || value is null or JsonValue)
        {
            set.IsMember = true;
            return;
        }
        foreach (var (element, item) in Entries(value, type))
        {
            var child = set.Child(element);
            if (type.Shape != FieldShape.Struct || item.Value is null or JsonObject { Count: 0 })
                child.IsMember = true;
            if (type.Shape != FieldShape.Set && !(type.Shape == FieldShape.Keyed && item.Type.IsLeaf))
                Claim(item.Value, item.Type, child);
        }
    }

    static void Compare((bool Is, JsonNode? Value) old, (bool Is, JsonNode? Value) now, FieldType type, Comparison into)
    {
        if (old.Is && now.Is && JsonNode.DeepEquals(old.Value, now.Value))
            return;
        if (!old.Is)
            into.Added.IsMember = true;
        else if (!now.Is)
            into.Removed.IsMember = true;
        else if (type.IsLeaf || Count(old.Value) + Count(now.Value) == 0)
            into.Modified.IsMember = true;
        if (type.IsLeaf)
            return;
        var (before, after) = (Entries(old.Value, type), Entries(now.Value, type));
        foreach (var element in before.Keys.Union(after.Keys))
        {
            var (was, had) = (before.TryGetValue(element, out var first), first);
            var (stays, has) = (after.TryGetValue(element, out var second), second);
            var of = stays ? has.Type : had.Type;
            Compare((was, had.Value), (stays, has.Value), type.Shape == FieldShape.Set ? Item : of, into.Below(element));
        }
    }

    static readonly FieldType Item = new(FieldShape.Scalar);

    static int Count(JsonNode? value) => value switch { JsonObject map => map.Count, JsonArray list => list.Count, JsonValue => 1, _ => 0 };

    static Dictionary<string, (string Name, JsonNode? Value, FieldType Type)> Entries(JsonNode? value, FieldType type)
    {
        var entries = new Dictionary<string, (string, JsonNode?, FieldType)>();
        if (value is JsonObject map)
        {
            foreach (var (name, item) in map)
                entries["f:" + name] = (name, item, type.Of(name));
        }
        else if (value is JsonArray list)
        {
            foreach (var item in list)
                entries[type.Shape == FieldShape.Keyed ? FieldSet.KeyOf(item, type.Keys) : FieldSet.ValueOf(item)] = ("", item, type.Element);
        }
        return entries;
    }

    static JsonNode Build(IEnumerable<(string Name, JsonNode? Value, FieldType Type)> entries, FieldType type) => type.Shape is FieldShape.Struct or FieldShape.Map
        ? new JsonObject(entries.Select(entry => KeyValuePair.Create(entry.Name, entry.Value?.DeepClone())))
        : new JsonArray([.. entries.Select(entry => entry.Value?.DeepClone())]);
}
