using System.Globalization;
using BackupRunner.Names;
using BackupRunner.Posix;

namespace BackupRunner.Restore;

/// <summary>Puts the records of a journal together. A record that cannot follow those before it is refused.</summary>
sealed class JournalReader(BackupId id)
{
    const string Version = "1";

    readonly List<EntryName> oldNames = [];
    readonly List<EntryName> newNames = [];
    string[]? begin;
    DirectoryAttributes? oldRoot;
    DirectoryAttributes? newRoot;
    JournalPhase? phase;

    /// <summary>Null until it was armed.</summary>
    public Journal? Journal => phase is { } last && begin is not null && oldRoot is not null
        ? new Journal(id, begin[3] == "in-place", begin[4] == "keep", begin[5] == "undo", BackupId.Parse(begin[6]),
            oldRoot, newRoot, oldNames, newNames, last)
        : null;

    /// <returns>False when it is no record, or none that may come here.</returns>
    public bool Add(string record)
    {
        var words = record.Split(' ');
        if (begin is null)
            return Begin(words);
        return words[0] switch
        {
            "root" when words.Length >= 7 && words[1] == "old" => phase is null && oldRoot is null && (oldRoot = Root(words)) is not null,
            "root" when words.Length >= 7 && words[1] == "new" => MayFill && newRoot is null && (newRoot = Root(words)) is not null,
            "old" when words.Length == 2 => phase is null && Name(words[1], oldNames),
            "new" when words.Length == 2 => MayFill && newRoot is not null && Name(words[1], newNames),
            "phase" when words.Length == 2 => Enum.TryParse<JournalPhase>(words[1], ignoreCase: true, out var next) && Enter(next),
            _ => false,
        };
    }

    bool InPlace => begin![3] == "in-place";

    // What moves in is known before anything moves, or, in place, once the backup was extracted where the old data was.
    bool MayFill => InPlace ? phase == JournalPhase.Emptied : phase is null;

    bool Begin(string[] words)
    {
        var valid = words is ["begin", Version, _, "staged" or "in-place", "keep" or "remove", "undo" or "no-undo", _] && words[2] == id.Text
            && (words[6] == "-" || BackupId.Parse(words[6]) is not null);
        begin = valid ? words : null;
        return valid;
    }

    bool Enter(JournalPhase next)
    {
        var follows = (phase, next) switch
        {
            (null, JournalPhase.Armed) => oldRoot is not null && (InPlace || newRoot is not null),
            (JournalPhase.Armed, JournalPhase.Emptied) => InPlace,
            (JournalPhase.Emptied, JournalPhase.Filled) => newRoot is not null,
            (JournalPhase.Filled, JournalPhase.Committed) => true,
            (JournalPhase.Armed, JournalPhase.Committed) => !InPlace,
            (JournalPhase.Armed, JournalPhase.Undoing) => true,
            (JournalPhase.Committed, JournalPhase.Undoing) => !InPlace,
            (JournalPhase.Committed, JournalPhase.Accepted) => true,
            _ => false,
        };
        phase = follows ? next : phase;
        return follows;
    }

    static bool Name(string hex, List<EntryName> names)
    {
        if (Bytes(hex) is not { Length: > 0 } bytes || bytes.AsSpan().ContainsAny((byte)0, (byte)'/'))
            return false;
        names.Add(new EntryName(bytes));
        return true;
    }

    static DirectoryAttributes? Root(string[] words)
    {
        var extended = new List<ExtendedAttribute>();
        foreach (var word in words.Skip(7))
        {
            var name = new List<EntryName>();
            if (word.Split('=') is not [var hex, var value] || !Name(hex, name) || Bytes(value) is null)
                return null;
            extended.Add(new ExtendedAttribute(name[0], value));
        }
        return Octal(words[2]) is { } mode && Number(words[3]) is { } user && Number(words[4]) is { } group
            && long.TryParse(words[5], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds) && Number(words[6]) is { } nanoseconds
            ? new DirectoryAttributes(mode, user, group, seconds, nanoseconds, extended)
            : null;
    }

    static uint? Number(string text) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    static uint? Octal(string text) =>
        text.Length is > 0 and <= 4 && !text.AsSpan().ContainsAnyExceptInRange('0', '7') ? Convert.ToUInt32(text, 8) : null;

    static byte[]? Bytes(string hex)
    {
        if (hex.Length % 2 != 0 || hex.Any(digit => !char.IsAsciiHexDigitLower(digit)))
            return null;
        return Convert.FromHexString(hex);
    }
}
