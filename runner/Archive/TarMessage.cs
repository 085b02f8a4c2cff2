using System.Text;
using System.Text.RegularExpressions;
using BackupRunner.Posix;

namespace BackupRunner.Archive;

/// <summary>One message of GNU tar (LC_ALL=C, --quoting-style=escape), taken apart from its end, because a name may hold any of tar's
/// phrases.</summary>
/// <param name="Name">Of the file, for people; the whole message when it names none that we recognize.</param>
/// <param name="What">What happened to it; the same words for all files to which the same happened.</param>
public sealed partial record TarMessage(string Name, string What, TarMessageKind Kind)
{
    public static TarMessage Parse(ReadOnlySpan<byte> line)
    {
        var text = Encoding.Latin1.GetString(line);
        if (text is "Exiting with failure status due to previous errors"
            || text.StartsWith("Error is not recoverable", StringComparison.Ordinal))
            return new TarMessage(text, "", TarMessageKind.Summary);
        if (Shrank().Match(text) is { Success: true } shrank)
            return Of(shrank, "file shrank as we read it, padded with zeros", TarMessageKind.Notice);
        if (Notice().Match(text) is { Success: true } notice)
            return Of(notice, notice.Groups["what"].Value, TarMessageKind.Notice);
        if (Attribute().Match(text) is { Success: true } attribute)
        {
            var what = $"cannot set extended attribute \"{Show(attribute.Groups["attribute"].Value)}\": {attribute.Groups["reason"].Value}";
            return Of(attribute, what, TarMessageKind.Notice);
        }
        if (Short().Match(text) is { Success: true } shortWrite)
            return Of(shortWrite, "No space left on device", TarMessageKind.NoSpace);
        if (Failure().Match(text) is not { Success: true } failure)
            return new TarMessage(Show(text), "tar says", TarMessageKind.Other);
        var reason = failure.Groups["what"].Value;
        return Of(failure, reason, IsNoSpace(reason) ? TarMessageKind.NoSpace : TarMessageKind.Failure);
    }

    static TarMessage Of(Match match, string what, TarMessageKind kind) => new(Show(match.Groups["name"].Value), what, kind);

    static bool IsNoSpace(string reason) =>
        reason.EndsWith("No space left on device", StringComparison.Ordinal)
        || reason.EndsWith("Disk quota exceeded", StringComparison.Ordinal);

    static string Show(string quoted) => ByteName.Show(Unquote(quoted));

    static bool IsOctal(char digit) => digit is >= '0' and <= '7';

    static byte[] Unquote(string quoted)
    {
        var bytes = new byte[quoted.Length];
        var length = 0;
        for (var i = 0; i < quoted.Length; i++)
        {
            if (quoted[i] != '\\' || i + 1 == quoted.Length)
            {
                bytes[length++] = (byte)quoted[i];
                continue;
            }
            var next = quoted[++i];
            var control = "abtnvfr".IndexOf(next, StringComparison.Ordinal);
            if (control >= 0)
            {
                bytes[length++] = (byte)(7 + control);
            }
            else if (next is >= '0' and <= '3' && i + 2 < quoted.Length && IsOctal(quoted[i + 1]) && IsOctal(quoted[i + 2]))
            {
                bytes[length++] = Convert.ToByte(quoted.Substring(i, 3), 8);
                i += 2;
            }
            else
            {
                bytes[length++] = (byte)next;
            }
        }
        return bytes[..length];
    }

    [GeneratedRegex(@"^(?<name>.*): File shrank by [0-9]+ bytes?; padding with zeros$", RegexOptions.Singleline)]
    private static partial Regex Shrank();

    [GeneratedRegex(
        @"^(?<name>.*): (?<what>file changed as we read it|File removed before we read it|"
        + @"socket ignored|door ignored|Unknown file type; file ignored)$", RegexOptions.Singleline)]
    private static partial Regex Notice();

    [GeneratedRegex(
        @"^l?setxattrat: Cannot set '(?<attribute>[^']*)' extended attribute for file '(?<name>.*)': (?<reason>[A-Za-z ]+)$",
        RegexOptions.Singleline)]
    private static partial Regex Attribute();

    [GeneratedRegex(@"^(?<name>.*): Wrote only [0-9]+ of [0-9]+ bytes$", RegexOptions.Singleline)]
    private static partial Regex Short();

    // The last "Cannot", so that a name with the word in it stays whole; the reasons of strerror(3) have no colon.
    [GeneratedRegex(
        @"^(?<name>.*): (?<what>(?:Warning: )?Cannot [^:]*(?:: [^:]+)?|"
        + @"Read error at byte [0-9]+, while reading [0-9]+ bytes(?:: [^:]+)?)$", RegexOptions.Singleline)]
    private static partial Regex Failure();
}
