namespace BackupRunner.Policy;

/// <summary>One thing that is wrong with a policy.</summary>
/// <param name="Path">From the root, <c>backup.retention.keepCount</c>, also where the document is a fragment; empty for the document as a whole.</param>
/// <param name="Line">From 1; 0 when the problem has no place in a document.</param>
/// <param name="Column">From 1, in UTF-16 code units; 0 when the problem has no place in a document.</param>
/// <param name="Message">Lower case, no full stop, values quoted.</param>
public sealed record PolicyProblem(string Path, int Line, int Column, string Message)
{
    /// <summary><c>backup.retention.keepCount (line 41, column 16): "seven" is not a number</c></summary>
    public override string ToString()
    {
        var subject = Path.Length == 0 ? "policy" : Path;
        return Line == 0 ? $"{subject}: {Message}" : $"{subject} (line {Line}, column {Column}): {Message}";
    }
}
