using System.Text.Json;
using System.Text.Json.Nodes;
using BackupRunner.Names;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Admission;

/// <summary>Labels and annotations of an object under review.</summary>
/// <param name="Element">Its <c>metadata</c>; undefined when it has none.</param>
public sealed record ObjectMetadata(JsonElement Element)
{
    /// <param name="of">Undefined gives metadata with nothing in it.</param>
    public static ObjectMetadata Of(JsonElement of) => new(JsonText.Part(of, "metadata"));

    /// <summary>Null: it has none of that name.</summary>
    public string? Annotation(string name) => JsonText.Of(JsonText.Part(Element, "annotations"), name);

    public string? Label(string name) => JsonText.Of(JsonText.Part(Element, "labels"), name);

    /// <summary>Names and values of the annotations that begin with our domain.</summary>
    public IReadOnlyDictionary<string, string> Ours()
    {
        var ours = new Dictionary<string, string>(StringComparer.Ordinal);
        if (JsonText.Part(Element, "annotations") is { ValueKind: JsonValueKind.Object } annotations)
        {
            foreach (var entry in annotations.EnumerateObject())
            {
                if (JsonText.NameOf(entry) is var name && name.StartsWith(ClusterNames.Domain, StringComparison.Ordinal))
                    ours[name] = JsonText.Of(entry.Value);
            }
        }
        return ours;
    }

    /// <summary>The operations that give it these labels and annotations; null takes one away. None when it has them so.</summary>
    public JsonArray Patch(IReadOnlyDictionary<string, string?> labels, IReadOnlyDictionary<string, string?> annotations)
    {
        var patch = new JsonArray();
        Patch(patch, "labels", labels);
        Patch(patch, "annotations", annotations);
        return patch;
    }

    void Patch(JsonArray patch, string map, IReadOnlyDictionary<string, string?> wanted)
    {
        var there = JsonText.Part(Element, map);
        var (exists, path) = (there.ValueKind == JsonValueKind.Object, $"/metadata/{map}");
        foreach (var (name, value) in wanted.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            var present = exists && there.Field(name).ValueKind != JsonValueKind.Undefined;
            if (value is null)
            {
                if (present)
                    patch.Add(JsonPatch.Remove($"{path}/{JsonPatch.Segment(name)}"));
                continue;
            }
            if (present && JsonText.Of(there, name) == value)
                continue;
            if (!exists)
                patch.Add(JsonPatch.Add(path, new JsonObject()));
            exists = true;
            patch.Add(JsonPatch.Add($"{path}/{JsonPatch.Segment(name)}", value));
        }
    }
}
