using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace BackupRunner.Tests.Kube.Fake.Fields;

/// <summary>
/// A set of field paths, as fieldsV1 writes them: the elements are <c>f:name</c>, <c>k:{"key":"value"}</c> and <c>v:"value"</c>. A set is changed only
/// while it is built.
/// </summary>
public sealed class FieldSet
{
    static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    readonly SortedDictionary<string, FieldSet> children = new(StringComparer.Ordinal);

    /// <summary>The path up to here is in the set itself.</summary>
    public bool IsMember { get; set; }

    public IReadOnlyDictionary<string, FieldSet> Children => children;

    public bool IsEmpty => !IsMember && children.Values.All(child => child.IsEmpty);

    public static string KeyOf(JsonNode? item, IReadOnlyList<string> keys)
    {
        var key = new JsonObject();
        foreach (var name in keys)
            key[name] = item?[name]?.DeepClone();
        return "k:" + key.ToJsonString(Plain);
    }

    public static string ValueOf(JsonNode? item) => "v:" + (item?.ToJsonString(Plain) ?? "null");

    public FieldSet Child(string element)
    {
        if (!children.TryGetValue(element, out var child))
            children.Add(element, child = new FieldSet());
        return child;
    }

    public FieldSet? Find(params ReadOnlySpan<string> path)
    {
        var set = this;
        foreach (var element in path)
        {
            if (!set.children.TryGetValue(element, out set!))
                return null;
        }
        return set;
    }

    public FieldSet Union(FieldSet? other) => Combine(other, (mine, theirs) => mine || theirs);

    public FieldSet Except(FieldSet? other) => Combine(other, (mine, theirs) => mine && !theirs);

    public FieldSet Intersect(FieldSet? other) => Combine(other, (mine, theirs) => mine && theirs);

    /// <summary>Without the paths and all that is below them.</summary>
    public FieldSet Without(params IEnumerable<string[]> paths)
    {
        var copy = Union(null);
        foreach (var path in paths)
            copy.Find(path.AsSpan(..^1))?.children.Remove(path[^1]);
        return copy;
    }

    public JsonObject ToJson()
    {
        var json = new JsonObject();
        if (IsMember && children.Values.Any(child => !child.IsEmpty))
            json["."] = new JsonObject();
        foreach (var (element, child) in children.Where(child => !child.Value.IsEmpty))
            json[element] = child.ToJson();
        return json;
    }

    public static FieldSet Read(JsonObject json)
    {
        var set = new FieldSet();
        foreach (var (element, below) in json)
        {
            if (element == ".")
            {
                set.IsMember = true;
                continue;
            }
            var child = Read((JsonObject)below!);
            child.IsMember |= child.children.Count == 0;
            set.children[element] = child;
        }
        return set;
    }

    /// <summary>As errors spell them: <c>.spec.containers[name="runner"].image</c>.</summary>
    public IEnumerable<string> Paths(string above = "")
    {
        if (IsMember)
            yield return above;
        foreach (var (element, child) in children)
        {
            foreach (var path in child.Paths(above + Spell(element)))
                yield return path;
        }
    }

    static string Spell(string element) => element[0] switch
    {
        'f' => "." + element[2..],
        'v' => $"[={element[2..]}]",
        _ => $"[{string.Join(',', ((JsonObject)JsonNode.Parse(element[2..])!).Select(key => $"{key.Key}={key.Value?.ToJsonString(Plain)}"))}]",
    };

    FieldSet Combine(FieldSet? other, Func<bool, bool, bool> belongs)
    {
        var result = new FieldSet { IsMember = belongs(IsMember, other?.IsMember ?? false) };
        foreach (var element in children.Keys.Union(other?.children.Keys ?? Enumerable.Empty<string>()))
        {
            var combined = (Find(element) ?? new FieldSet()).Combine(other?.Find(element), belongs);
            if (!combined.IsEmpty)
                result.children[element] = combined;
        }
        return result;
    }
}
