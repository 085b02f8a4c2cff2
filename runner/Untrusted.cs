using System.Text.Json;
using System.Text.Json.Serialization;

namespace BackupRunner;

/// <summary>Text from a store, which whoever can write the store has chosen.</summary>
public static partial class Untrusted
{
    const int ShownCharacters = 80;

    /// <summary>As a JSON string, so that nothing in it can steer a terminal or begin a line of a log, and not all of what is long.</summary>
    public static string Quoted(string? text) =>
        text is null ? "null" : JsonSerializer.Serialize(text.Length > ShownCharacters ? text[..ShownCharacters] + "..." : text, TextJson.Default.String);

    [JsonSerializable(typeof(string))]
    sealed partial class TextJson : JsonSerializerContext;
}
