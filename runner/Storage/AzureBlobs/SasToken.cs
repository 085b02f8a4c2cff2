using System.Globalization;
using BackupRunner.Reports;

namespace BackupRunner.Storage.AzureBlobs;

/// <summary>A shared access signature: a query of parameters, of which <c>sig</c> is the secret and <c>se</c> the end of its life.</summary>
public static class SasToken
{
    /// <param name="source">Where it is from, for the message.</param>
    /// <exception cref="RunnerException">Exit 2: it is none. The message shows nothing of it.</exception>
    public static Secret Parse(string text, string source)
    {
        if (text.Contains("://", StringComparison.Ordinal))
            throw new RunnerException(ExitCode.Usage, $"\"{source}\" is a whole URL", "keep what follows its question mark: sv=...&sig=...");
        var token = text.TrimStart('?');
        return Parameter(token, "sig") is { Length: > 0 } && !token.Any(char.IsWhiteSpace)
            ? new Secret(token)
            : throw new RunnerException(ExitCode.Usage, $"\"{source}\" is no shared access signature", "it looks like sv=...&se=...&sp=racwdl&sr=c&sig=...");
    }

    public static DateTimeOffset? Expires(Secret token) =>
        DateTimeOffset.TryParse(Parameter(token.Reveal(), "se"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var expires)
            ? expires
            : null;

    static string? Parameter(string token, string name) => token.Split('&')
        .Where(parameter => parameter.StartsWith(name + "=", StringComparison.Ordinal))
        .Select(parameter => Uri.UnescapeDataString(parameter[(name.Length + 1)..]))
        .FirstOrDefault();
}
