using System.Text;

namespace BackupRunner.Hooks;

/// <summary>A word or an operator of a shell command, and where it stands in the text.</summary>
/// <param name="Value">A word without its quotes, expansions left as written; an operator as it is, a line end as <c>\n</c>.</param>
public sealed record ShellToken(bool IsOperator, string Value, int Start, int End);

/// <summary>
/// Splits a command as POSIX does ("Shell Command Language" 2.3): quotes, backslashes, comments, and <c>$( )</c>, <c>${ }</c> and back-quotes
/// as part of the word they stand in. It tells where the words are; it expands nothing.
/// </summary>
public static class ShellWords
{
    const string Operators = "|&;()<>\n";

    /// <summary>Never fails: a quote that is not closed reaches to the end of the text.</summary>
    public static IReadOnlyList<ShellToken> Split(string text)
    {
        var tokens = new List<ShellToken>();
        for (var i = 0; i < text.Length;)
        {
            var c = text[i];
            if (c is ' ' or '\t' or '\r')
            {
                i++;
            }
            else if (c == '\\' && i + 1 < text.Length && text[i + 1] == '\n')
            {
                i += 2;
            }
            else if (c == '#')
            {
                i = text.IndexOf('\n', i) is var end and >= 0 ? end : text.Length;
            }
            else if (Operators.Contains(c, StringComparison.Ordinal))
            {
                tokens.Add(new ShellToken(true, c.ToString(), i, ++i));
            }
            else
            {
                var value = new StringBuilder();
                var end = Word(text, i, value);
                tokens.Add(new ShellToken(false, value.ToString(), i, end));
                i = end;
            }
        }
        return tokens;
    }

    /// <summary>White space and comments: a command that does nothing, and does it well.</summary>
    public static bool IsBlank(string text) => Split(text).All(token => token is { IsOperator: true, Value: "\n" });

    static int Word(string text, int i, StringBuilder value)
    {
        while (i < text.Length && text[i] is not (' ' or '\t' or '\r') && !Operators.Contains(text[i], StringComparison.Ordinal))
        {
            switch (text[i])
            {
                case '\'':
                    var close = text.IndexOf('\'', i + 1) is var found and >= 0 ? found : text.Length;
                    value.Append(text, i + 1, close - i - 1);
                    i = close + 1;
                    break;
                case '"':
                    i = DoubleQuoted(text, i + 1, value);
                    break;
                case '\\':
                    if (i + 1 < text.Length && text[i + 1] != '\n')
                        value.Append(text[i + 1]);
                    i += 2;
                    break;
                default:
                    i = Expansion(text, i, value);
                    break;
            }
        }
        return Math.Min(i, text.Length);
    }

    static int DoubleQuoted(string text, int i, StringBuilder value)
    {
        while (i < text.Length && text[i] != '"')
        {
            if (text[i] != '\\' || i + 1 >= text.Length)
            {
                i = Expansion(text, i, value);
                continue;
            }
            // Inside double quotes a backslash is itself before any other character (2.2.3).
            if (text[i + 1] is not ('$' or '`' or '"' or '\\' or '\n'))
                value.Append('\\');
            if (text[i + 1] != '\n')
                value.Append(text[i + 1]);
            i += 2;
        }
        return i + 1;
    }

    /// <summary>One character, or a whole substitution, as written.</summary>
    static int Expansion(string text, int i, StringBuilder value)
    {
        var end = text[i] switch
        {
            '`' => BackQuoted(text, i + 1),
            '$' when i + 1 < text.Length && text[i + 1] == '(' => Balanced(text, i + 2, '(', ')'),
            '$' when i + 1 < text.Length && text[i + 1] == '{' => Balanced(text, i + 2, '{', '}'),
            _ => i + 1,
        };
        value.Append(text, i, end - i);
        return end;
    }

    static int BackQuoted(string text, int i)
    {
        for (; i < text.Length && text[i] != '`'; i++)
            i += text[i] == '\\' ? 1 : 0;
        return Math.Min(i + 1, text.Length);
    }

    static int Balanced(string text, int i, char open, char close)
    {
        var ignored = new StringBuilder();
        for (var depth = 1; i < text.Length;)
        {
            var c = text[i];
            if (c == '\'')
                i = text.IndexOf('\'', i + 1) is var end and >= 0 ? end + 1 : text.Length;
            else if (c == '"')
                i = DoubleQuoted(text, i + 1, ignored);
            else if (c == '\\')
                i += 2;
            else
            {
                i++;
                depth += c == open ? 1 : c == close ? -1 : 0;
                if (depth == 0)
                    break;
            }
        }
        return Math.Min(i, text.Length);
    }
}
