namespace BackupRunner.Archive;

/// <summary>
/// A set of normalized paths, kept as 64-bit hashes (FNV-1a): two paths that collide can only make an archive look worse than it is. Holds
/// at most
/// <paramref name="capacity"/> paths, at up to 40 bytes each, and forgets those that come after.
/// </summary>
public sealed class PathSet(int capacity)
{
    const ulong OffsetBasis = 14695981039346656037;
    const ulong Prime = 1099511628211;

    readonly HashSet<ulong> hashes = [];

    public void Add(ReadOnlySpan<byte> path)
    {
        if (hashes.Count < capacity)
            hashes.Add(Hash(path));
    }

    public bool Contains(ReadOnlySpan<byte> path) => hashes.Count > 0 && hashes.Contains(Hash(path));

    /// <summary>Whether one of the directories that lead to the path is in the set.</summary>
    public bool ContainsParentOf(ReadOnlySpan<byte> path)
    {
        if (hashes.Count == 0)
            return false;
        var hash = OffsetBasis;
        foreach (var b in path)
        {
            if (b == '/' && hashes.Contains(hash))
                return true;
            hash = (hash ^ b) * Prime;
        }
        return false;
    }

    static ulong Hash(ReadOnlySpan<byte> path)
    {
        var hash = OffsetBasis;
        foreach (var b in path)
            hash = (hash ^ b) * Prime;
        return hash;
    }
}
