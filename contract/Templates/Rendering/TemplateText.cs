using System.Globalization;
using System.Text;
using BackupRunner.Templates.Syntax;

namespace BackupRunner.Templates.Rendering;

/// <summary>
/// A value as text, as Scriban writes it whatever the culture: null is nothing, a list <c>[1, "a"]</c>, a map <c>{a: 1}</c>.
/// </summary>
static class TemplateText
{
    /// <returns>Null for null.</returns>
    public static string? Of(object? value, WorkBudget budget, Position at)
    {
        if (value is null or string or long or double or bool)
            return Scalar(value);
        var text = new StringBuilder();
        AppendNested(text, value is FixedMembers part ? part.Members : value, 1, budget, at);
        return text.ToString();
    }

    static string? Scalar(object? value) => value switch
    {
        string text => text,
        long number => number.ToString(CultureInfo.InvariantCulture),
        double number => number.ToString(CultureInfo.InvariantCulture),
        bool flag => flag ? "true" : "false",
        _ => null,
    };

    static void AppendNested(StringBuilder text, object? value, int depth, WorkBudget budget, Position at)
    {
        if (depth > TemplateLimits.Depth)
            throw at.Throw("template", $"a value is nested deeper than {TemplateLimits.Depth} levels");
        var before = text.Length;
        switch (value)
        {
            case IReadOnlyList<object?> list:
                text.Append('[');
                for (var i = 0; i < list.Count; i++)
                    AppendNested(text.Append(i == 0 ? "" : ", "), Kinds.FromModel(list[i]), depth + 1, budget, at);
                text.Append(']');
                break;
            case IReadOnlyDictionary<string, object?> map:
                var separator = "{";
                foreach (var (key, member) in map)
                {
                    AppendNested(text.Append(separator).Append(key).Append(": "), Kinds.FromModel(member), depth + 1, budget, at);
                    separator = ", ";
                }
                text.Append(map.Count == 0 ? "{}" : "}");
                break;
            case string quoted:
                AppendEscaped(text, quoted);
                break;
            default:
                text.Append(Scalar(value) ?? "null");
                break;
        }
        budget.Charge(text.Length - before + 1, at);
        WorkBudget.Limit(text.Length, at);
    }

    /// <summary>In double quotes, escaped as Scriban's <c>string.escape</c> does.</summary>
    static void AppendEscaped(StringBuilder text, string value)
    {
        text.Append('"');
        foreach (var c in value)
        {
            _ = c switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append("\\\\"),
                '\a' => text.Append("\\a"),
                '\b' => text.Append("\\b"),
                '\t' => text.Append("\\t"),
                '\r' => text.Append("\\r"),
                '\v' => text.Append("\\v"),
                '\f' => text.Append("\\f"),
                '\n' => text.Append("\\n"),
                < ' ' => text.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}"),
                _ => text.Append(c),
            };
        }
        text.Append('"');
    }
}
