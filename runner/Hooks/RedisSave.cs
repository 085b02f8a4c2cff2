using System.Text.RegularExpressions;
using BackupRunner.Commands;

namespace BackupRunner.Hooks;

/// <summary>
/// What a consistency command has to do with Redis or Valkey, read from its text alone.
/// </summary>
/// <param name="SpeaksRedis">A Redis client is called: an error is in its reply, not in its exit code.</param>
/// <param name="Saves">It starts a save in the background, that goes on when the command has ended.</param>
/// <param name="InfoCommand">The same client, asking for INFO persistence; null when the place of BGSAVE does not allow to replace it.</param>
public sealed partial record RedisSave(bool SpeaksRedis, bool Saves, string? InfoCommand)
{
    const string Info = "INFO persistence";

    /// <summary>Nested shells deeper than this are not looked into.</summary>
    const int MaxDepth = 4;

    // Words after which a new command stands: what follows is not one simple command.
    static readonly HashSet<string> Reserved = new(StringComparer.Ordinal)
    {
        "!", "{", "}", "if", "then", "elif", "else", "fi", "do", "done", "case", "esac", "while", "until", "for",
    };

    public static RedisSave Of(string command)
    {
        var tokens = ShellWords.Split(command).ToList();
        // A list of one command: leading line ends, and a line end or a semicolon behind it.
        tokens = [.. tokens.SkipWhile(IsEnd)];
        while (tokens.Count > 0 && IsEnd(tokens[^1]))
            tokens.RemoveAt(tokens.Count - 1);

        var speaks = RedisClient.IsCalledIn(command);
        if (!Mentions(command, speaks, depth: 0))
            return new RedisSave(speaks, Saves: false, null);
        return new RedisSave(speaks, Saves: true, InfoOf(command, tokens));
    }

    static string? InfoOf(string command, List<ShellToken> tokens)
    {
        if (tokens.Count == 0 || tokens.Exists(token => token.IsOperator) || Reserved.Contains(tokens[0].Value))
            return null;
        var last = tokens.Count - 1;
        if (tokens[last].Value.Equals("SCHEDULE", StringComparison.OrdinalIgnoreCase))
            last--;
        // The client's own arguments come before the command, so the client must be a word of its own before it.
        if (last < 1 || !IsBgsave(tokens[last].Value) || !tokens.Take(last).Any(token => Client().IsMatch(Path.GetFileName(token.Value))))
            return null;
        return command[tokens[0].Start..tokens[last].Start] + Info;
    }

    /// <summary>True when a word of the command, or of a command quoted in it, is BGSAVE, or BGSAVE stands anywhere beside a client.</summary>
    static bool Mentions(string command, bool speaks, int depth)
    {
        if (speaks && AnyBgsave().IsMatch(command))
            return true;
        foreach (var token in ShellWords.Split(command))
        {
            if (!token.IsOperator && (IsBgsave(token.Value)
                || (depth < MaxDepth && token.Value.AsSpan().ContainsAny(" \t\n;") && Mentions(token.Value, speaks, depth + 1))))
                return true;
        }
        return false;
    }

    static bool IsEnd(ShellToken token) => token is { IsOperator: true, Value: "\n" or ";" };

    static bool IsBgsave(string word) => word.Equals("BGSAVE", StringComparison.OrdinalIgnoreCase);

    // Distributions number them: redis6-cli, valkey-cli-8.0.
    [GeneratedRegex(@"^(redis|valkey|keydb)[\w.]*-cli[\w.-]*$", RegexOptions.CultureInvariant)]
    private static partial Regex Client();

    [GeneratedRegex(@"\bBGSAVE\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex AnyBgsave();
}
