using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace BackupRunner.Kube;

/// <summary>One line of a watch's answer: <c>{"type": "MODIFIED", "object": {...}}</c>.</summary>
/// <param name="Type"><c>ADDED</c>, <c>MODIFIED</c>, <c>DELETED</c>, <c>BOOKMARK</c>; with <see cref="Error"/>: <c>ERROR</c>.</param>
readonly record struct WatchLine<T>(string Type, T? Item, KubeStatus? Error) where T : KubeObject
{
    /// <exception cref="JsonException">It is none.</exception>
    public static WatchLine<T> Read(ReadOnlySpan<byte> json, JsonTypeInfo<T> item)
    {
        // The type may come after the object, and says how to read it.
        var type = TypeOf(json);
        var reader = new Utf8JsonReader(json);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isObject = reader.ValueTextEquals("object"u8);
            reader.Read();
            if (!isObject)
                reader.Skip();
            else if (type == "ERROR")
                return new(type, null, JsonSerializer.Deserialize(ref reader, KubeJson.Default.KubeStatus));
            else
                return new(type, JsonSerializer.Deserialize(ref reader, item) ?? throw new JsonException("the object is null"), null);
        }
        throw new JsonException("the event has no object");
    }

    static string TypeOf(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException("the event is not an object");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isType = reader.ValueTextEquals("type"u8);
            reader.Read();
            if (isType)
                return reader.TokenType == JsonTokenType.String ? reader.GetString()! : throw new JsonException("the event's type is not a text");
            reader.Skip();
        }
        throw new JsonException("the event has no type");
    }
}
