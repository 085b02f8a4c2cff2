namespace BackupRunner.Archive;

/// <summary>Paths inside an archive, relative to its root.</summary>
static class TarPath
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

    /// <param name="path">Normalized.</param>
    public static ReadOnlySpan<byte> FirstComponent(ReadOnlySpan<byte> path)
    {
        var slash = path.IndexOf((byte)'/');
        return slash < 0 ? path : path[..slash];
    }
}
