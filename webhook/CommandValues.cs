using System.Globalization;

namespace BackupRunner.Webhook;

/// <summary>What the values of options may be.</summary>
static class CommandValues
{
    /// <summary>A DNS label (RFC 1123), as names of namespaces and Services are.</summary>
    public static bool IsLabel(string text) =>
        text.Length is > 0 and <= 63 && text[0] != '-' && text[^1] != '-' && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');

    /// <summary>One part of a stored path that needs no escaping.</summary>
    public static bool IsSegment(string text) =>
        text.Length is > 0 and <= 200 && text is not ("." or "..") && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');

    public static bool IsWord(string text) => text.Length > 0 && !text.Any(c => char.IsWhiteSpace(c) || char.IsControl(c));

    public static bool IsPath(string text) => text.Length > 0 && !text.Contains('\0');

    /// <summary>Null: it is none.</summary>
    public static int? Port(string? text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is >= 1 and <= 65535 ? port : null;

    /// <summary>0: it is said that there is to be none. Null: it is neither.</summary>
    public static int? PortOrNone(string? text) => text == "0" ? 0 : Port(text);
}
