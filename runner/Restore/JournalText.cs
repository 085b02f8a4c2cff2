using System.Security.Cryptography;
using System.Text;
using BackupRunner.Names;
using BackupRunner.Reports;

namespace BackupRunner.Restore;

/// <summary>
/// The journal as text: a line for each record, <c>hash body LF</c>, where hash is the first 8 hex digits of the body's SHA-256. Names
/// and attribute values are lower-case hex. A last line that is cut short or torn was never written; any other is damage.
/// <code>
/// begin 1 ID staged|in-place keep|remove undo|no-undo SUPERSEDED|-
/// root old|new MODE USER GROUP SECONDS NANOSECONDS [NAME=VALUE ...]
/// old NAME
/// new NAME
/// phase armed|emptied|filled|committed|undoing|accepted
/// </code>
/// </summary>
public static class JournalText
{
    const int Version = 1;
    const int HashDigits = 8;
    const string PhaseWord = "phase ";

    /// <summary>The first batch: everything up to <c>armed</c>, and <paramref name="journal"/>'s own phase when that is later.</summary>
    public static byte[] Begin(Journal journal)
    {
        var text = new StringBuilder();
        Line(text, string.Join(' ', "begin", Version, journal.Id, journal.InPlace ? "in-place" : "staged",
            journal.KeepOldData ? "keep" : "remove", journal.Undo ? "undo" : "no-undo", journal.Supersedes?.Text ?? "-"));
        Line(text, Root("old", journal.OldRoot));
        foreach (var name in journal.OldNames)
            Line(text, "old " + Convert.ToHexStringLower(name.Bytes));
        Incoming(text, journal);
        Line(text, Phase(JournalPhase.Armed));
        if (journal.Phase != JournalPhase.Armed)
            Line(text, Phase(journal.Phase));
        return Encoding.ASCII.GetBytes(text.ToString());
    }

    /// <summary>What an in-place restore appends once it knows what moves in.</summary>
    public static byte[] Filled(Journal journal)
    {
        var text = new StringBuilder();
        Incoming(text, journal);
        Line(text, Phase(JournalPhase.Filled));
        return Encoding.ASCII.GetBytes(text.ToString());
    }

    public static byte[] Record(JournalPhase phase)
    {
        var text = new StringBuilder();
        Line(text, Phase(phase));
        return Encoding.ASCII.GetBytes(text.ToString());
    }

    /// <summary>
    /// Reads a journal up to its last phase; the number is the bytes up to there. The first batch appears whole, by a rename; what comes
    /// after the last phase was being written when its writer ended.
    /// </summary>
    /// <exception cref="RunnerException">It is damaged or a later version's (6).</exception>
    public static (Journal Journal, int Bytes) Parse(ReadOnlySpan<byte> text, BackupId id)
    {
        var (whole, pending) = (new JournalReader(id), new List<string>());
        var (wholeBytes, bytes) = (0, 0);
        for (var number = 1; bytes < text.Length; number++)
        {
            var rest = text[bytes..];
            var end = rest.IndexOf((byte)'\n');
            if (end < 0 || Checked(rest[..end]) is not { } body)
            {
                if (end < 0 || end == rest.Length - 1 || whole.Journal?.Phase == JournalPhase.Emptied)
                    break;
                throw Damaged(id, number);
            }
            pending.Add(body);
            bytes += end + 1;
            if (!body.StartsWith(PhaseWord, StringComparison.Ordinal))
                continue;
            if (!pending.TrueForAll(whole.Add))
                throw Damaged(id, number);
            pending.Clear();
            wholeBytes = bytes;
        }
        return (whole.Journal ?? throw Damaged(id, 1), wholeBytes);
    }

    static RunnerException Damaged(BackupId id, int line) => new(ExitCode.Volume,
        $"the journal of the restore of {id} is damaged at line {line}, or of a later version",
        $"nothing was changed; what was in the target before is in its \"{RestoreLayout.Old(id)}\", or still in its place");

    static void Incoming(StringBuilder text, Journal journal)
    {
        if (journal.NewRoot is null)
            return;
        Line(text, Root("new", journal.NewRoot));
        foreach (var name in journal.NewNames)
            Line(text, "new " + Convert.ToHexStringLower(name.Bytes));
    }

    static string Root(string which, DirectoryAttributes root) => string.Join(' ',
        ["root", which, Convert.ToString(root.Mode, 8), root.User, root.Group, root.ModifiedSeconds, root.ModifiedNanoseconds,
            .. root.Extended.Select(attribute => $"{Convert.ToHexStringLower(attribute.Name.Bytes)}={attribute.Value}")]);

    static string Phase(JournalPhase phase) => PhaseWord + phase.ToString().ToLowerInvariant();

    static void Line(StringBuilder text, string body) => text.Append(Hash(body)).Append(' ').Append(body).Append('\n');

    static string Hash(string body) => Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(body)))[..HashDigits];

    static string? Checked(ReadOnlySpan<byte> line)
    {
        if (line.Length <= HashDigits + 1 || line[HashDigits] != ' ' || line.ContainsAnyExceptInRange((byte)' ', (byte)'~'))
            return null;
        var body = Encoding.ASCII.GetString(line[(HashDigits + 1)..]);
        return Encoding.ASCII.GetString(line[..HashDigits]) == Hash(body) ? body : null;
    }
}
