using System.Text.Json;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Admission;

/// <summary>Parts of JSON that anybody may have written: what is absent, null or of another kind is a value, no exception.</summary>
static class JsonText
{
    /// <summary>Undefined when it is absent or null, or when <paramref name="of"/> is no object.</summary>
    public static JsonElement Part(JsonElement of, string name) =>
        of.Field(name) is { ValueKind: not JsonValueKind.Null } part ? part : default;

    /// <summary>Both lack that part, or have it alike. Parts too deep to compare are not alike.</summary>
    public static bool IsSame(JsonElement one, JsonElement other, string name)
    {
        var (left, right) = (Part(one, name), Part(other, name));
        if (left.ValueKind == JsonValueKind.Undefined || right.ValueKind == JsonValueKind.Undefined)
            return left.ValueKind == right.ValueKind;
        try
        {
            return JsonElement.DeepEquals(left, right);
        }
        catch (InsufficientExecutionStackException)
        {
            return false;
        }
    }

    /// <summary>Null when it is absent or no text.</summary>
    public static string? Of(JsonElement of, string name) => Part(of, name) is { ValueKind: JsonValueKind.String } text ? Of(text) : null;

    /// <summary>A text whose escapes are half a surrogate pair is no text of Unicode: it is empty.</summary>
    public static string Of(JsonElement text) => text.AsText() ?? "";

    /// <summary>Likewise.</summary>
    public static string NameOf(JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException)
        {
            return "";
        }
    }
}
