using System.Globalization;
using System.Text;

namespace BackupRunner.Posix;

/// <summary>What is mounted where, by /proc/self/mountinfo (proc(5)).</summary>
static class MountTable
{
    const string Path = "/proc/self/mountinfo";

    /// <summary>The mount points strictly below a directory, each once, for messages.</summary>
    /// <param name="realPath">Without symbolic links.</param>
    public static IReadOnlyList<string> Below(string realPath) => Below(File.ReadAllBytes(Path), realPath);

    public static IReadOnlyList<string> Below(ReadOnlySpan<byte> table, string realPath)
    {
        var folder = Encoding.UTF8.GetBytes(realPath.TrimEnd('/') + "/");
        var found = new List<string>();
        foreach (var line in table.Split((byte)'\n'))
        {
            var fields = Encoding.Latin1.GetString(table[line]).Split(' ');
            if (fields.Length <= 4)
                continue;
            var point = Encoding.Latin1.GetBytes(Unescape(fields[4]));
            if (point.AsSpan().StartsWith(folder) && point.Length > folder.Length)
                found.Add(ByteName.Show(point));
        }
        return [.. found.Distinct(StringComparer.Ordinal)];
    }

    // Space, tab, line feed and backslash are written as a backslash and three octal digits.
    static string Unescape(string field)
    {
        var plain = new StringBuilder(field.Length);
        for (var i = 0; i < field.Length; i++)
        {
            var escaped = field[i] == '\\' && i + 3 < field.Length && field.AsSpan(i + 1, 3).IndexOfAnyExceptInRange('0', '7') < 0;
            plain.Append(escaped ? (char)Octal(field.AsSpan(i + 1, 3)) : field[i]);
            i += escaped ? 3 : 0;
        }
        return plain.ToString();
    }

    static int Octal(ReadOnlySpan<char> digits)
    {
        var value = 0;
        foreach (var digit in digits)
            value = value * 8 + CharUnicodeInfo.GetDecimalDigitValue(digit);
        return value & 0xff;
    }
}
