using System.Text.RegularExpressions;

namespace BackupRunner.Policy.Shell;

/// <summary>The template actions, <c>{{ ... }}</c>, of a text.</summary>
sealed partial class ShellTemplateActions(string text)
{
    // Once no "}}" was found, none comes later: without this, many "{{" would each be looked up to the end.
    bool noneCloses;

    /// <summary>The index after the action that begins at <paramref name="start"/>; null when none does.</summary>
    public int? EndOf(int start)
    {
        if (noneCloses || start + 1 >= text.Length || text[start] != '{' || text[start + 1] != '{')
            return null;
        var close = text.IndexOf("}}", start + 2, StringComparison.Ordinal);
        noneCloses = close < 0;
        return noneCloses ? null : close + 2;
    }

    /// <summary>Whether the action writes nothing: it is a comment, an assignment or a word of control.</summary>
    public bool IsControl(int start, int end) => Control().IsMatch(text.AsSpan(start, end - start));

    [GeneratedRegex(@"^\{\{[-~]?\s*(#|(if|else|end|for|case|when|while|break|continue|capture|with|ret)\b|[A-Za-z_][\w.]*\s*=[^=])", RegexOptions.NonBacktracking)]
    private static partial Regex Control();
}
