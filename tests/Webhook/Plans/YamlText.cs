using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace BackupRunner.Tests.Webhook;

/// <summary>JSON as a person would write it in YAML.</summary>
static partial class YamlText
{
    public static string Of(JsonObject item)
    {
        var text = new StringBuilder();
        Write(item, 0, text);
        return text.ToString();
    }

    static void Write(JsonNode? node, int indent, StringBuilder text)
    {
        switch (node)
        {
            case JsonObject { Count: > 0 } mapping:
                foreach (var (key, value) in mapping)
                    Entry($"{Scalar(key)}:", value, indent, text);
                break;
            case JsonArray { Count: > 0 } list:
                foreach (var item in list)
                    Item(item, indent, text);
                break;
        }
    }

    static void Entry(string head, JsonNode? value, int indent, StringBuilder text)
    {
        text.Append(' ', indent).Append(head);
        if (value is JsonObject { Count: > 0 } or JsonArray { Count: > 0 })
        {
            text.Append('\n');
            Write(value, indent + 2, text);
        }
        else
        {
            text.Append(' ').Append(Leaf(value, indent + 2)).Append('\n');
        }
    }

    static void Item(JsonNode? item, int indent, StringBuilder text)
    {
        if (item is not (JsonObject { Count: > 0 } or JsonArray { Count: > 0 }))
        {
            text.Append(' ', indent).Append("- ").Append(Leaf(item, indent + 2)).Append('\n');
            return;
        }
        var inner = new StringBuilder();
        Write(item, indent + 2, inner);
        text.Append(' ', indent).Append("- ").Append(inner.ToString().AsSpan(indent + 2));
    }

    static string Leaf(JsonNode? value, int indent) => value switch
    {
        null => "null",
        JsonObject => "{}",
        JsonArray => "[]",
        JsonValue text when text.TryGetValue<string>(out var words) => words.Contains('\n', StringComparison.Ordinal) ? Block(words, indent) : Scalar(words),
        _ => value.ToJsonString(),
    };

    static string Block(string words, int indent)
    {
        var (head, body) = words.EndsWith('\n') ? ("|", words[..^1]) : ("|-", words);
        return head + string.Concat(body.Split('\n').Select(line => line.Length == 0 ? "\n" : "\n" + new string(' ', indent) + line));
    }

    static string Scalar(string words) => Plain().IsMatch(words) && !Meaning().IsMatch(words) ? words : JsonValue.Create(words).ToJsonString();

    [GeneratedRegex("^(?:[A-Za-z/]|-(?=[^ -])|--)(?!.*: )[A-Za-z0-9 ._/=@:-]*(?<![ :])$")]
    private static partial Regex Plain();

    // What some reader of YAML takes for something else than a text.
    [GeneratedRegex("^(?:true|false|null|yes|no|on|off|y|n)$", RegexOptions.IgnoreCase)]
    private static partial Regex Meaning();
}
