using System.Text;

namespace BackupRunner.Names;

/// <summary>The object keys of one backup, as docs/FORMAT.md fixes them: <c>[prefix/]series/id/file</c>.</summary>
public sealed record BackupKeys(string Prefix, SeriesId Series, BackupId Id)
{
    public const string ManifestName = "backup.json";
    public const string ArchiveName = "backup.tar.gz";
    public const string ChecksumSuffix = ".sha256";

    /// <summary>What the stores take: S3 and Google count bytes, Azure characters.</summary>
    public const int MaxKeyBytes = 1024;

    // The longest name of a file in the folder, with room for those to come.
    const int MaxFileBytes = 64;

    /// <summary>Whether no store can keep it, because prefix and names are too long together.</summary>
    public bool IsTooLong => Encoding.UTF8.GetByteCount(Folder) > MaxKeyBytes - MaxFileBytes;

    /// <summary>Ends in a slash.</summary>
    public string Folder => SeriesFolder(Prefix, Series) + Id + "/";

    public string Manifest => Folder + ManifestName;

    public string Archive => Folder + ArchiveName;

    public string Checksum => Archive + ChecksumSuffix;

    /// <summary>Ends in a slash.</summary>
    public static string SeriesFolder(string prefix, SeriesId series) => Root(prefix) + series.Path + "/";

    /// <summary>All that one cluster stores; ends in a slash.</summary>
    public static string ClusterFolder(string prefix, string cluster) => Root(prefix) + PathSegment.Escape(cluster) + "/";

    /// <returns>Null when <paramref name="key"/> is no object of a backup below <paramref name="prefix"/>.</returns>
    public static (BackupKeys Keys, string File)? Parse(string prefix, string key)
    {
        var root = Root(prefix);
        if (!key.StartsWith(root, StringComparison.Ordinal))
            return null;
        var parts = key[root.Length..].Split('/', 6);
        if (parts.Length != 6 || BackupId.Parse(parts[4]) is not { } id || SeriesId.Parse(string.Join('/', parts[..4])) is not { } series)
            return null;
        return (new BackupKeys(prefix, series, id), parts[5]);
    }

    static string Root(string prefix) => prefix.Length == 0 ? "" : prefix.TrimEnd('/') + "/";
}
