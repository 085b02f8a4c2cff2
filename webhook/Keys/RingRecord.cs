using System.Text.Json;
using System.Text.Json.Nodes;
using BackupRunner.Keys;
using BackupRunner.Names;
using BackupRunner.Reports;

namespace BackupRunner.Webhook.Keys;

/// <summary>What the annotations of a key Secret record about one of its rings.</summary>
/// <param name="Locations">Null: the annotation is missing.</param>
/// <param name="Problem">Why the locations cannot be read, as a clause. Times that cannot be read count as missing instead: they only make keys stay longer.</param>
public sealed record RingRecord(IReadOnlyDictionary<KeyId, KeyTimes> Times, IReadOnlySet<string>? Locations, string? Problem)
{
    static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    public static RingRecord Read(string keyField, IReadOnlyDictionary<string, string>? annotations)
    {
        var locations = annotations?.GetValueOrDefault(ClusterNames.LocationsAnnotation);
        var read = locations is null ? null : Texts(Parse(locations) as JsonObject, keyField);
        return new(
            TimesIn(Parse(annotations?.GetValueOrDefault(ClusterNames.KeysAnnotation)) is JsonObject rings ? rings[keyField] as JsonObject : null),
            read,
            locations is not null && read is null ? $"annotation {ClusterNames.LocationsAnnotation} is no JSON object with a list of texts for each key field" : null);
    }

    /// <summary>The annotations with this record in place of the ring's.</summary>
    public Dictionary<string, string> Write(string keyField, IReadOnlyDictionary<string, string>? annotations)
    {
        var all = new Dictionary<string, string>(annotations ?? new Dictionary<string, string>());
        var times = new JsonObject();
        foreach (var (id, of) in Times.OrderBy(pair => pair.Key.Text, StringComparer.Ordinal))
            times[id.Text] = Json(of);
        all[ClusterNames.KeysAnnotation] = With(all.GetValueOrDefault(ClusterNames.KeysAnnotation), keyField, times);
        var locations = new JsonArray([.. (Locations ?? new HashSet<string>()).Order(StringComparer.Ordinal).Select(location => (JsonNode)location)]);
        all[ClusterNames.LocationsAnnotation] = With(all.GetValueOrDefault(ClusterNames.LocationsAnnotation), keyField, locations);
        return all;
    }

    static string With(string? annotation, string keyField, JsonNode value)
    {
        var rings = Parse(annotation) as JsonObject ?? [];
        rings[keyField] = value;
        return rings.ToJsonString();
    }

    static Dictionary<KeyId, KeyTimes> TimesIn(JsonObject? ring)
    {
        var times = new Dictionary<KeyId, KeyTimes>();
        foreach (var (name, value) in ring ?? [])
        {
            if (KeyId.Parse(name) is { } id && value is JsonObject of)
                times[id] = new(Time(of["created"]), Time(of["promoted"]), Time(of["retired"]));
        }
        return times;
    }

    static JsonObject Json(KeyTimes times)
    {
        var json = new JsonObject();
        foreach (var (name, time) in new[] { ("created", times.Created), ("promoted", times.Promoted), ("retired", times.Retired) })
        {
            if (time is { } value)
                json[name] = UtcTime.Text(value);
        }
        return json;
    }

    static DateTimeOffset? Time(JsonNode? node) => node is JsonValue value && value.TryGetValue(out DateTimeOffset time) ? time : null;

    /// <returns>Null: unreadable. Of a ring that the annotation does not name, none.</returns>
    static HashSet<string>? Texts(JsonObject? rings, string keyField)
    {
        if (rings is null)
            return null;
        if (!rings.ContainsKey(keyField))
            return [];
        return rings[keyField] is JsonArray list && list.All(item => item?.GetValueKind() == JsonValueKind.String) ? [.. list.Select(item => (string)item!)] : null;
    }

    static JsonNode? Parse(string? json)
    {
        try
        {
            return json is null ? null : JsonNode.Parse(json, documentOptions: Strict);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
