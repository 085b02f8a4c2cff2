using BackupRunner.Posix;
using BackupRunner.Reports;

namespace BackupRunner.Archive;

/// <summary>Paths inside an archive, relative to its root.</summary>
public static class TarPath
{
    /// <summary>Without "." components, doubled and trailing slashes; empty for the root itself.</summary>
    public static byte[] Normalize(ReadOnlySpan<byte> name)
    {
        var result = new byte[name.Length];
        var length = 0;
        foreach (var range in name.Split((byte)'/'))
        {
            var component = name[range];
            if (component.IsEmpty || component.SequenceEqual("."u8))
                continue;
            if (length > 0)
                result[length++] = (byte)'/';
            component.CopyTo(result.AsSpan(length));
            length += component.Length;
        }
        return result[..length];
    }

    /// <returns>Why the name does not stay below the root; null when it does.</returns>
    public static string? Escape(ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty)
            return "is empty";
        if (name.Contains((byte)0))
            return "contains a NUL byte";
        if (name[0] == '/')
            return "is absolute";
        foreach (var range in name.Split((byte)'/'))
        {
            if (name[range].SequenceEqual(".."u8))
                return "contains \"..\"";
        }
        return null;
    }

    /// <summary>Longer paths no system call takes (PATH_MAX with its NUL, limits.h(0p)); GNU tar walks to them, but cannot extract
    /// them.</summary>
    public const int MaximumBytes = 4095;

    /// <exception cref="RunnerException">Exit 6: no tar could extract the entry.</exception>
    public static void RequireUsableLength(TarEntry entry)
    {
        var length = entry.Name.AsSpan().TrimEnd((byte)'/').Length;
        if (length <= MaximumBytes)
            return;
        throw new RunnerException(
            ExitCode.Volume,
            $"a path of {length} bytes cannot be restored, more than {MaximumBytes} are too many: "
                + $"\"{ByteName.Show(entry.Name.AsSpan(0, 100))}...\"",
            "shorten it, or leave it out with archive.exclude");
    }

    /// <param name="path">Normalized.</param>
    public static ReadOnlySpan<byte> FirstComponent(ReadOnlySpan<byte> path)
    {
        var slash = path.IndexOf((byte)'/');
        return slash < 0 ? path : path[..slash];
    }
}
