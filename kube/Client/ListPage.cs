using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace BackupRunner.Kube;

/// <summary>One page of a list.</summary>
/// <param name="Continue">Null: the last page.</param>
sealed record ListPage<T>(List<T> Items, string? Continue, string? ResourceVersion) where T : KubeObject
{
    const string ListSuffix = "List";

    /// <exception cref="JsonException">It is no list.</exception>
    public static ListPage<T> Read(ReadOnlySpan<byte> json, JsonTypeInfo<T> item)
    {
        var reader = new Utf8JsonReader(json);
        var items = new List<T>();
        string? apiVersion = null, kind = null, next = null, version = null;
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException("it is not an object");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString();
            reader.Read();
            switch (name)
            {
                case "apiVersion":
                    apiVersion = Text(ref reader);
                    break;
                case "kind":
                    kind = Text(ref reader);
                    break;
                case "metadata":
                    (next, version) = Metadata(ref reader);
                    break;
                case "items" when reader.TokenType == JsonTokenType.StartArray:
                    while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                        items.Add(JsonSerializer.Deserialize(ref reader, item) ?? throw new JsonException("an item is null"));
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
        if (kind is null || !kind.EndsWith(ListSuffix, StringComparison.Ordinal))
            throw new JsonException("it is not a list");
        return new(Named(items, apiVersion, kind[..^ListSuffix.Length]), next, version);
    }

    /// <summary>The server says once for all what they are.</summary>
    static List<T> Named(List<T> items, string? apiVersion, string kind)
    {
        for (var i = 0; i < items.Count; i++)
            items[i] = items[i].Named(apiVersion, kind);
        return items;
    }

    static (string? Continue, string? ResourceVersion) Metadata(ref Utf8JsonReader reader)
    {
        string? next = null, version = null;
        if (reader.TokenType != JsonTokenType.StartObject)
            return (null, null);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString();
            reader.Read();
            if (name == "continue")
                next = Text(ref reader);
            else if (name == "resourceVersion")
                version = Text(ref reader);
            else
                reader.Skip();
        }
        return (string.IsNullOrEmpty(next) ? null : next, version);
    }

    static string? Text(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.String => reader.GetString(),
        JsonTokenType.Null => null,
        _ => throw new JsonException("a text was expected"),
    };
}
