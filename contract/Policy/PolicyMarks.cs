namespace BackupRunner.Policy;

/// <summary>A place in a document: line and column from 1, the column in UTF-16 code units.</summary>
public readonly record struct PolicyMark(int Line, int Column);

/// <summary>Where in the document each value of a policy stands, by its path (<c>backup.commands.backup</c>).</summary>
public sealed class PolicyMarks
{
    readonly Dictionary<string, Entry> entries = new(StringComparer.Ordinal);
    readonly string[] lines;

    /// <param name="document">The text that the marks are of.</param>
    internal PolicyMarks(string document) => lines = document.ReplaceLineEndings("\n").Split('\n');

    /// <summary>The value's first character: of a block scalar its <c>|</c>.</summary>
    /// <returns>Null when the document does not give the value.</returns>
    public PolicyMark? Of(string path) => entries.TryGetValue(path, out var entry) ? entry.Mark : null;

    /// <summary>The value's place, or that of the nearest part above it that the document has.</summary>
    public PolicyMark? Nearest(string path)
    {
        while (true)
        {
            if (Of(path) is { } mark)
                return mark;
            var dot = path.LastIndexOf('.');
            if (dot < 0)
                return null;
            path = path[..dot];
        }
    }

    /// <summary>
    /// The place in the document of a place in a text value. Exact for a literal block (<c>|</c>) and for a value on one line that
    /// has no escapes; elsewhere the value's first character.
    /// </summary>
    /// <param name="line">In the value, from 1.</param>
    /// <param name="column">In the value, from 1.</param>
    /// <returns>Null when the document does not give the value.</returns>
    public PolicyMark? Within(string path, int line, int column)
    {
        if (!entries.TryGetValue(path, out var entry))
            return null;
        if (entry.Text is null || line < 1 || column < 1)
            return entry.Mark;
        if (entry.Literal)
            return InLiteral(entry, line, column);
        var start = entry.Mark.Column - 1 + (entry.Quoted ? 1 : 0);
        var source = lines[entry.Mark.Line - 1];
        return line == 1 && start <= source.Length && source.AsSpan(start).StartsWith(entry.Text, StringComparison.Ordinal)
            ? new PolicyMark(entry.Mark.Line, start + column)
            : entry.Mark;
    }

    internal void Add(string path, PolicyMark mark, string? text = null, bool literal = false, bool quoted = false) =>
        entries[path] = new Entry(mark, text, literal, quoted);

    PolicyMark InLiteral(Entry entry, int line, int column)
    {
        var content = entry.Text!.Split('\n');
        var at = entry.Mark.Line - 1 + line;
        if (line > content.Length || at >= lines.Length)
            return entry.Mark;
        // The indentation is what the source line has more than the value's line; every line of a block has the same.
        var sample = Array.FindIndex(content, text => text.Length > 0);
        var indent = sample < 0 ? 0 : Math.Max(0, lines[entry.Mark.Line + sample].Length - content[sample].Length);
        return new PolicyMark(at + 1, indent + column);
    }

    sealed record Entry(PolicyMark Mark, string? Text, bool Literal, bool Quoted);
}
