using System.Text.RegularExpressions;

namespace BackupRunner.Commands;

/// <summary>What redis-cli, valkey-cli and their like say: a refused command is a line of text, and their exit code is 0 all the same.</summary>
public static partial class RedisClient
{
    /// <summary>A client is called somewhere in the command: an error is in its reply, not in its exit code.</summary>
    public static bool IsCalledIn(string command) => AnyClient().IsMatch(command);

    /// <returns>What the server refused, the first of it; null: nothing.</returns>
    public static RedisError? ErrorIn(string output, string error, int exitCode)
    {
        // A password that the server did not ask for is complained about on standard error, and the command runs: so that alone says nothing.
        if (Error().Match(output) is { Success: true } refused)
            return new(refused.Groups["kind"].Value, refused.Groups["text"].Value);
        return exitCode != 0 && IsWrongPassword(error) ? new("WRONGPASS", "") : null;
    }

    public static bool IsWrongPassword(string error) => WrongPassword().IsMatch(error);

    /// <summary>The client did not get as far as the server.</summary>
    public static bool IsUnreachable(string output, string error) => CannotConnect().IsMatch(error) || CannotConnect().IsMatch(output);

    [GeneratedRegex(@"(?<![\w-])(redis|valkey|keydb)[\w.]*-cli", RegexOptions.CultureInvariant)]
    private static partial Regex AnyClient();

    // An error reply (RESP "-") begins with a word in capitals; a terminal, or --no-raw, shows "(error)" before it.
    [GeneratedRegex(@"^(\(error\)\s+)?(?<text>(?<kind>ERR|NOAUTH|WRONGPASS|NOPERM|LOADING|MISCONF|READONLY|MASTERDOWN|BUSY|OOM|DENIED|CLUSTERDOWN)\b[^\r\n]*)",
        RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex Error();

    [GeneratedRegex(@"NOAUTH|WRONGPASS|AUTH failed|invalid password", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex WrongPassword();

    [GeneratedRegex(@"^(Could not connect to|Error: (Connection reset|Server closed|Broken pipe|Connection refused)|Unable to connect)",
        RegexOptions.Multiline | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex CannotConnect();
}

/// <param name="Kind">The first word: <c>NOAUTH</c>.</param>
/// <param name="Text">The whole line; empty where the server's words are not known.</param>
public sealed record RedisError(string Kind, string Text);
