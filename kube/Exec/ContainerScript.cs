using System.Globalization;
using System.Text;

namespace BackupRunner.Kube;

/// <summary>
/// How a command gets into a container. Its text goes through standard input: the words of an exec are part of its URL, which servers log and
/// limit. Needs <c>sh</c> there, with <c>read</c> and <c>printf</c> built in, as POSIX has them.
/// </summary>
public static class ContainerScript
{
    const string Mark = "backup-runner-process ";

    /// <summary>
    /// Says its process id, which is its process group's (the runtime starts every exec in a session of its own), then becomes the shell that
    /// runs what the first line of its input holds. The rest of the input is the command's.
    /// </summary>
    const string Loader = "echo \"" + Mark + "$$\" >&2; IFS= read -r script; exec sh {0} \"$(printf '%b' \"$script\")\"";

    /// <summary>Linux takes no argument longer than this, in bytes with the final NUL (execve(2), MAX_ARG_STRLEN).</summary>
    public const int LongestTextBytes = 128 * 1024 - 1;

    const string EndGroup = "kill -s \"$1\" -- \"-$2\" 2>/dev/null || kill -s \"$1\" \"$2\" 2>/dev/null || :";

    public static IReadOnlyList<string> Command(bool isScript) => ["sh", "-c", Loader.Replace("{0}", isScript ? "-euc" : "-c", StringComparison.Ordinal)];

    /// <summary>A text without NUL, which no shell command can hold, and not too long.</summary>
    public static bool Takes(string text) => !text.Contains('\0', StringComparison.Ordinal) && Encoding.UTF8.GetByteCount(text) <= LongestTextBytes;

    /// <summary>The first line of the input: the text on one line, as <c>printf %b</c> reads it.</summary>
    public static byte[] Input(string text) =>
        Encoding.UTF8.GetBytes(text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal) + "\n");

    /// <returns>The process id; null when the line is another.</returns>
    public static int? ProcessOf(string line) =>
        line.StartsWith(Mark, StringComparison.Ordinal) && int.TryParse(line.AsSpan(Mark.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var process)
            ? process
            : null;

    /// <param name="signal">By its name without SIG, or 0 to ask.</param>
    public static IReadOnlyList<string> Signal(string signal, int process) => ["sh", "-c", EndGroup, "sh", signal, Number(process)];

    /// <summary>Exits 0 while any process of the group runs.</summary>
    public static IReadOnlyList<string> IsRunning(int process) => ["sh", "-c", "kill -s 0 -- \"-$1\" 2>/dev/null", "sh", Number(process)];

    static string Number(int process) => process.ToString(CultureInfo.InvariantCulture);
}
