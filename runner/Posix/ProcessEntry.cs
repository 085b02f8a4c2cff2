using System.Globalization;
using System.Text;

namespace BackupRunner.Posix;

/// <summary>One process as /proc/PID/stat shows it (proc_pid_stat(5)). <paramref name="Start"/>, in ticks after boot, tells a reused id from the old.</summary>
public sealed record ProcessEntry(int Id, string Name, char State, int Parent, int Session, ulong Start)
{
    public bool IsZombie => State is 'Z' or 'X';

    /// <summary>All processes that can be seen. One that ends meanwhile is left out.</summary>
    public static IReadOnlyList<ProcessEntry> All()
    {
        var all = new List<ProcessEntry>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(folder.AsSpan("/proc/".Length), NumberStyles.None, CultureInfo.InvariantCulture, out var id))
                continue;
            if (Read(id) is { } entry)
                all.Add(entry);
        }
        return all;
    }

    static ProcessEntry? Read(int id)
    {
        try
        {
            // The name may hold any byte, so not as UTF-8.
            return Parse(File.ReadAllText($"/proc/{id}/stat", Encoding.Latin1));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <returns>Null when <paramref name="stat"/> is not the line of a process.</returns>
    public static ProcessEntry? Parse(string stat)
    {
        // The name stands in parentheses and may itself hold spaces and parentheses.
        var open = stat.IndexOf('(', StringComparison.Ordinal);
        var close = stat.LastIndexOf(')');
        if (open < 0 || close < open || close + 2 > stat.Length)
            return null;
        var fields = stat[(close + 2)..].Split(' ');
        if (fields.Length < 20)
            return null;
        return new ProcessEntry(
            int.Parse(stat.AsSpan(0, open).Trim(), CultureInfo.InvariantCulture),
            stat[(open + 1)..close],
            fields[0][0],
            int.Parse(fields[1], CultureInfo.InvariantCulture),
            int.Parse(fields[3], CultureInfo.InvariantCulture),
            ulong.Parse(fields[19], CultureInfo.InvariantCulture));
    }
}
