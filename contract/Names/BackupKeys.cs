using System.Text;
using BackupRunner.Keys;
using BackupRunner.Policy;

namespace BackupRunner.Names;

/// <summary>The object keys of one backup, as docs/FORMAT.md fixes them: <c>[prefix/]series/id/file</c>.</summary>
public sealed record BackupKeys(string Prefix, SeriesId Series, BackupId Id)
{
    public const string ManifestName = "backup.json";
    public const string MacName = ManifestName + ".hmac";
    public const string ArchiveName = "backup.tar.gz";
    public const string WrapFolder = "keys/";
    public const string RecoveryWrapName = WrapFolder + "recovery.json";

    const string WrapSuffix = ".json";
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

    public string Mac => Folder + MacName;

    /// <summary>The archive as <paramref name="encryption"/> leaves it; null: in the clear.</summary>
    public static string ArchiveNameOf(EncryptionAlgorithm? encryption) => encryption switch
    {
        null => ArchiveName,
        EncryptionAlgorithm.Aes256Gcm => ArchiveName + ".gcm",
        EncryptionAlgorithm.Aes256Cbc => ArchiveName + ".cbc",
        EncryptionAlgorithm.Gpg => ArchiveName + ".gpg",
        _ => throw new ArgumentOutOfRangeException(nameof(encryption)),
    };

    public string Archive(EncryptionAlgorithm? encryption) => Folder + ArchiveNameOf(encryption);

    public string Checksum(EncryptionAlgorithm? encryption) => Archive(encryption) + ChecksumSuffix;

    /// <summary>The data key, wrapped by the key with this id.</summary>
    public string Wrap(KeyId id) => Folder + WrapNameOf(id);

    /// <summary>The data key, wrapped by the policy's recoveryPublicKey.</summary>
    public string RecoveryWrap => Folder + RecoveryWrapName;

    public static string WrapNameOf(KeyId id) => WrapFolder + id + WrapSuffix;

    /// <param name="file">Relative to the backup's folder.</param>
    /// <returns>By which key it wraps the data key; null for every other file.</returns>
    public static KeyId? WrapId(string file) =>
        file.StartsWith(WrapFolder, StringComparison.Ordinal) && file.EndsWith(WrapSuffix, StringComparison.Ordinal)
            ? KeyId.Parse(file[WrapFolder.Length..^WrapSuffix.Length])
            : null;

    /// <summary>As <see cref="WrapId"/>, of the key of any object, wherever it lies.</summary>
    public static KeyId? WrapIdOfKey(string key)
    {
        var name = key.LastIndexOf('/');
        return name < 0 ? null : WrapId(key[(key.LastIndexOf('/', Math.Max(name - 1, 0)) + 1)..]);
    }

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

    /// <summary>What all keys below <paramref name="prefix"/> begin with: empty, or ends in a slash.</summary>
    public static string Root(string prefix) => prefix.Length == 0 ? "" : prefix.TrimEnd('/') + "/";
}
