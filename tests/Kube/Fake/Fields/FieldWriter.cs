using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace BackupRunner.Tests.Kube.Fake.Fields;

/// <summary>A value that the field's type cannot hold, in the decoder's words.</summary>
public sealed class FieldFormatException(string message) : Exception(message);

/// <summary>
/// An object as the server's own types read and write it: fields in their order, unknown ones left out (and named), empty ones left out, or written
/// where the type always writes them.
/// </summary>
public sealed class FieldWriter
{
    readonly List<string> unknown = [];

    /// <summary>Paths such as <c>spec.nonsense</c>.</summary>
    public IReadOnlyList<string> Unknown => unknown;

    public JsonObject Write(JsonObject value, FieldType type) => Struct(value, type, "");

    /// <summary>What an object of the type is before anything is set.</summary>
    public static JsonObject Zero(FieldType type) => new FieldWriter().Struct([], type, "");

    JsonObject Struct(JsonObject value, FieldType type, string path)
    {
        var written = new JsonObject();
        foreach (var (name, item) in value)
        {
            if (type[name] is null && type.Closed)
                unknown.Add(Join(path, name));
            else if (type[name] is null)
                written[name] = item?.DeepClone();
        }
        foreach (var field in type.Fields)
        {
            var present = value.TryGetPropertyValue(field.Name, out var item);
            if (field.Presence == FieldPresence.Always)
                written[field.Name] = item is null ? Zero(field.Type, path) : Value(item, field.Type, Join(path, field.Name));
            else if (present && item is not null && Value(item, field.Type, Join(path, field.Name)) is { } given && (field.Presence == FieldPresence.Kept || !IsEmpty(given)))
                written[field.Name] = given;
        }
        return written;
    }

    JsonNode? Zero(FieldType type, string path) => type.Shape switch
    {
        FieldShape.Text => "",
        FieldShape.Number => 0,
        FieldShape.Truth => false,
        FieldShape.Struct => type.Atomic && type["matchLabels"] is not null ? null : Struct([], type, path),
        _ => null,
    };

    JsonNode? Value(JsonNode value, FieldType type, string path)
    {
        switch (type.Shape)
        {
            case FieldShape.Text:
                return Kind(value, path, "string", JsonValueKind.String);
            case FieldShape.Truth:
                return Kind(value, path, "bool", JsonValueKind.True, JsonValueKind.False);
            case FieldShape.Number:
                return Kind(value, path, "int", JsonValueKind.Number);
            case FieldShape.Time or FieldShape.MicroTime:
                return Time((string)Kind(value, path, "string", JsonValueKind.String)!, type.Shape == FieldShape.MicroTime);
            case FieldShape.Struct:
                return Struct((JsonObject)Kind(value, path, "struct", JsonValueKind.Object), type, path);
            case FieldShape.Map:
                var map = (JsonObject)Kind(value, path, "map[string]string", JsonValueKind.Object);
                return new JsonObject(map.Select(item => KeyValuePair.Create(
                    item.Key, item.Value is null ? (JsonNode?)"" : type.Element.Shape == FieldShape.Scalar ? Text(item.Value, Join(path, item.Key)) : Value(item.Value, type.Element, Join(path, item.Key)))));
            case FieldShape.List or FieldShape.Set or FieldShape.Keyed:
                var list = (JsonArray)Kind(value, path, "slice", JsonValueKind.Array);
                return new JsonArray([.. list.Select((item, at) => item is null ? null : Value(item, type.Element, $"{path}[{at}]"))]);
            default:
                return value.DeepClone();
        }
    }

    // Quantities may be numbers, which are written as strings; a map of strings refuses them.
    static JsonNode Text(JsonNode value, string path) =>
        value.GetValueKind() == JsonValueKind.Number && path.Contains("resources", StringComparison.Ordinal)
            ? JsonValue.Create(value.ToJsonString()) : Kind(value, path, "string", JsonValueKind.String);

    static JsonNode Kind(JsonNode value, string path, string go, params ReadOnlySpan<JsonValueKind> kinds)
    {
        var kind = value.GetValueKind();
        if (!kinds.Contains(kind))
            throw new FieldFormatException($"json: cannot unmarshal {Said(kind)} into Go struct field .{path} of type {go}");
        return value is JsonValue ? value.DeepClone() : value;
    }

    static string Said(JsonValueKind kind) => kind switch
    {
        JsonValueKind.True or JsonValueKind.False => "bool",
        JsonValueKind.Array => "array",
        var other => other.ToString().ToLowerInvariant(),
    };

    static JsonNode Time(string text, bool micro)
    {
        var layout = micro ? "2006-01-02T15:04:05.000000Z07:00" : "2006-01-02T15:04:05Z07:00";
        var formats = micro ? ["yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"] : new[] { "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK" };
        if (!char.IsAsciiDigit(text.FirstOrDefault()))
            throw new FieldFormatException($"parsing time \"{text}\" as \"{layout}\": cannot parse \"{text}\" as \"2006\"");
        if (!DateTimeOffset.TryParseExact(text, formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) || !(text.EndsWith('Z') || text[^6] is '+' or '-'))
            throw new FieldFormatException($"parsing time \"{text}\" as \"{layout}\": cannot parse \"{text}\"");
        // The layout of a MicroTime has a fixed number of decimals, and Go's parser wants them all.
        if (micro && !(text.Length > 26 && text[19] == '.' && text[20..26].All(char.IsAsciiDigit) && !char.IsAsciiDigit(text[26])))
            throw new FieldFormatException($"parsing time \"{text}\" as \"{layout}\": cannot parse \"{text[19..]}\" as \".000000\"");
        return time.UtcDateTime.ToString(micro ? "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'" : "yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
    }

    static bool IsEmpty(JsonNode value) => value switch
    {
        JsonObject map => map.Count == 0,
        JsonArray list => list.Count == 0,
        _ => value.GetValueKind() switch
        {
            JsonValueKind.String => (string)value! == "",
            JsonValueKind.Number => value.ToJsonString() == "0",
            JsonValueKind.False => true,
            _ => false,
        },
    };

    static string Join(string path, string name) => path.Length == 0 ? name : path + "." + name;
}
