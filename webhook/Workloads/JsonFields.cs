using System.Text.Json;
using BackupRunner.Kube;

namespace BackupRunner.Webhook.Workloads;

/// <summary>Reads JSON that anybody may have written: what is of another type, or no text that can be decoded, counts as absent.</summary>
static class JsonFields
{
    const int LongestName = 253;

    /// <returns>Undefined when there is none.</returns>
    public static JsonElement Field(this JsonElement of, string name)
    {
        if (of.ValueKind != JsonValueKind.Object)
            return default;
        try
        {
            return of.TryGetProperty(name, out var value) ? value : default;
        }
        catch (InvalidOperationException)
        {
            // A key with half of a surrogate pair.
            return default;
        }
    }

    public static string? Text(this JsonElement of, string name) => of.Field(name).AsText();

    /// <summary>
    /// A name of an object, or of a part of one; null also when it is empty, or longer than any that the API server accepts: mutation sees objects before that does,
    /// and each name comes back in many messages and names of ours.
    /// </summary>
    public static string? Name(this JsonElement of, string name) => of.Text(name) is { Length: > 0 and <= LongestName } text ? text : null;

    public static string? AsText(this JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String)
            return null;
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair.
            return null;
        }
    }

    public static long? Whole(this JsonElement of, string name) =>
        of.Field(name) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt64(out var value) ? value : null;

    /// <summary>A part of an object beside its metadata, such as <c>spec</c>; Undefined when there is none.</summary>
    public static JsonElement Part(this KubeObject item, string name) => item.Unknown?.GetValueOrDefault(name) ?? default;

    /// <summary>A time of RFC 3339.</summary>
    public static DateTimeOffset? Time(this JsonElement of, string name) =>
        of.Field(name) is { ValueKind: JsonValueKind.String } text && text.TryGetDateTimeOffset(out var time) ? time : null;

    /// <summary>A number of bytes or files, cut to what sums of many cannot overflow by: a pebibyte.</summary>
    public static long? Size(this JsonElement of, string name) => of.Whole(name).AsSize();

    /// <inheritdoc cref="Size"/>
    public static long? AsSize(this long? size) => size is { } known ? Math.Clamp(known, 0, 1L << 50) : null;

    public static IEnumerable<JsonElement> Items(this JsonElement of, string name) =>
        of.Field(name) is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray() : [];

    /// <summary>The texts of a list.</summary>
    public static List<string> Words(this JsonElement of, string name) => [.. of.Items(name).Select(AsText).OfType<string>()];

    /// <summary>A map of texts.</summary>
    public static Dictionary<string, string> Map(this JsonElement of, string name)
    {
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        if (of.Field(name) is not { ValueKind: JsonValueKind.Object } entries)
            return map;
        try
        {
            foreach (var entry in entries.EnumerateObject())
            {
                if (entry.Value.AsText() is { } value)
                    map[entry.Name] = value;
            }
        }
        catch (InvalidOperationException)
        {
            // As above: a key that is no text. What came before it stands.
        }
        return map;
    }

    /// <summary>
    /// A copy that keeps nothing else alive. <see cref="JsonElement.Clone"/> does not do: of a document that need not be disposed, as the objects of the API client
    /// are, it gives the same element, and with it the whole document.
    /// </summary>
    /// <returns>Undefined unless the value is of this kind.</returns>
    public static JsonElement Kept(this JsonElement of, string name, JsonValueKind kind)
    {
        var value = of.Field(name);
        if (value.ValueKind != kind)
            return default;
        try
        {
            using var copy = JsonDocument.Parse(value.GetRawText());
            return copy.RootElement.Clone();
        }
        catch (JsonException)
        {
            // Deeper than anything of a pod's.
            return default;
        }
    }
}
