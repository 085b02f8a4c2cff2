using System.Text;

namespace BackupRunner.Hooks;

/// <summary>
/// Takes secrets out of what is logged or thrown: the values of environment variables whose names say that they are secret, and what a
/// command's own text gives away (<see cref="CommandSecrets"/>).
/// </summary>
public sealed class Redaction
{
    public const string Mark = "**redacted**";

    /// <summary>Shorter values of the environment are words and numbers that stand anywhere ("no", "1").</summary>
    const int ShortestOfEnvironment = 4;

    static readonly string[] SecretNames = ["PASS", "SECRET", "TOKEN", "AUTH", "KEY", "CREDENTIAL"];

    readonly IReadOnlyDictionary<string, string> environment;
    readonly string[] secrets;

    Redaction(IReadOnlyDictionary<string, string> environment, IEnumerable<string> secrets)
    {
        this.environment = environment;
        this.secrets = [.. secrets.Where(secret => secret.Length > 0).Distinct(StringComparer.Ordinal)];
        LongestSecret = this.secrets.Length == 0 ? 0 : this.secrets.Max(secret => secret.Length);
    }

    /// <summary>Characters.</summary>
    public int LongestSecret { get; }

    /// <param name="environment">What commands inherit: names and values.</param>
    public static Redaction Of(IReadOnlyDictionary<string, string> environment) =>
        new(environment, environment
            .Where(variable => IsSecretName(variable.Key))
            .SelectMany(variable => Lines(variable.Value))
            .Where(value => value.Length >= ShortestOfEnvironment));

    /// <summary>With the environment of the place where the commands run, which is another than the runner's.</summary>
    public Redaction And(IReadOnlyDictionary<string, string> elsewhere) =>
        new(elsewhere, secrets.Concat(Of(elsewhere).secrets));

    /// <summary>With the secrets that stand in the text of a command.</summary>
    public Redaction With(string command) =>
        new(environment, secrets.Concat(CommandSecrets.In(command, environment).SelectMany(Lines)));

    /// <summary>True for PGPASSWORD, REDISCLI_AUTH, MYSQL_PWD, AWS_SECRET_ACCESS_KEY, in any case.</summary>
    public static bool IsSecretName(string name) =>
        SecretNames.Any(word => name.Contains(word, StringComparison.OrdinalIgnoreCase))
        || name.EndsWith("_PWD", StringComparison.OrdinalIgnoreCase);

    public string Apply(string text)
    {
        var hidden = new bool[text.Length];
        var any = false;
        foreach (var secret in secrets)
        {
            for (var at = text.IndexOf(secret, StringComparison.Ordinal); at >= 0; at = text.IndexOf(secret, at + 1, StringComparison.Ordinal))
            {
                if (secret.Length < ShortestOfEnvironment && !StandsAlone(text, at, secret.Length))
                    continue;
                hidden.AsSpan(at, secret.Length).Fill(true);
                any = true;
            }
        }
        return any ? Hide(text, hidden) : text;
    }

    static string Hide(string text, bool[] hidden)
    {
        var shown = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (!hidden[i])
                shown.Append(text[i]);
            else if (i == 0 || !hidden[i - 1])
                shown.Append(Mark);
        }
        return shown.ToString();
    }

    // A password of two letters is hidden where it is a word, not inside every other word.
    static bool StandsAlone(string text, int at, int length) =>
        (at == 0 || !char.IsLetterOrDigit(text[at - 1]))
        && (at + length == text.Length || !char.IsLetterOrDigit(text[at + length]));

    // Output is looked at line by line, so that a key of several lines has to be found by each of them.
    static IEnumerable<string> Lines(string secret) =>
        secret.Split(['\n', '\r'], StringSplitOptions.RemoveEmptyEntries);
}
