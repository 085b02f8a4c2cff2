using System.Globalization;
using System.Text;

namespace BackupRunner.Hooks;

/// <summary>
/// Takes what a command prints, piece by piece: gives each line, redacted, to the log and keeps the end. Memory is bounded by three times
/// <see cref="TailLength"/> characters, whatever is printed.
/// </summary>
/// <param name="onLine">Each line as printed and as it may be shown.</param>
public sealed class OutputCapture(Redaction redaction, Action<string, string> onLine)
{
    public const int TailLength = 8192;
    const int LineLength = 4096;

    readonly StringBuilder raw = new();
    readonly StringBuilder redacted = new();
    readonly StringBuilder line = new();
    bool cut;

    public CapturedOutput Captured => new(Tail(raw), Tail(redacted));

    public void Append(ReadOnlySpan<char> text)
    {
        raw.Append(text);
        Trim(raw);
        foreach (var c in text)
        {
            // A carriage return ends a line too: progress bars.
            if (c is '\n' or '\r')
                EndLine();
            else if (line.Length < LineLength)
                line.Append(c);
            else
                cut = true;
        }
    }

    /// <summary>A last line without a line end.</summary>
    public void Finish() => EndLine();

    void EndLine()
    {
        if (line.Length == 0)
            return;
        // The cut may go through a secret, of which the first part would then not be recognised.
        if (cut)
            line.Length = Math.Max(0, line.Length - redaction.LongestSecret);
        var raw = line.ToString();
        var shown = Printable(redaction.Apply(raw)) + (cut ? "..." : "");
        line.Clear();
        cut = false;
        redacted.Append(shown).Append('\n');
        Trim(redacted);
        onLine(raw, shown);
    }

    // What a command prints must not move the cursor or colour the log of the one who reads it.
    static string Printable(string text)
    {
        if (!text.Any(c => char.IsControl(c) && c != '\t'))
            return text;
        var printable = new StringBuilder(text.Length + 16);
        foreach (var c in text)
        {
            if (char.IsControl(c) && c != '\t')
                printable.Append("\\x").Append(((int)c).ToString("x2", CultureInfo.InvariantCulture));
            else
                printable.Append(c);
        }
        return printable.ToString();
    }

    static void Trim(StringBuilder text)
    {
        if (text.Length > 2 * TailLength)
            text.Remove(0, text.Length - TailLength);
    }

    static string Tail(StringBuilder text) =>
        text.Length <= TailLength ? text.ToString() : text.ToString(text.Length - TailLength, TailLength);
}
