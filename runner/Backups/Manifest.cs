using System.Text.Json.Serialization;
using BackupRunner.Archive;
using BackupRunner.Policy;

namespace BackupRunner.Backups;

/// <summary>What one backup is and holds: <c>backup.json</c>, formatVersion 1, of docs/FORMAT.md. Sizes are bytes, times UTC, hashes lower-case hex.</summary>
public sealed record Manifest
{
    public const int CurrentFormat = 1;

    public required int FormatVersion { get; init; }

    public required string Id { get; init; }

    public required ManifestIdentity Identity { get; init; }

    public required DateTimeOffset Start { get; init; }

    public required DateTimeOffset End { get; init; }

    public required ManifestTool Tool { get; init; }

    /// <summary>SHA-256 of the policy's text; null for a run without a policy.</summary>
    public string? PolicySha256 { get; init; }

    public required ManifestArchive Archive { get; init; }

    /// <summary>Null when <c>commands.backup</c> made the archive.</summary>
    public ManifestGzip? Gzip { get; init; }

    [JsonPropertyName("object")]
    public required ManifestObject Stored { get; init; }

    public required ManifestEncryption Encryption { get; init; }

    public ManifestConsistency? Consistency { get; init; }

    /// <summary>SHA-256 of the manifest's own bytes, with 64 zeros in this place.</summary>
    public required string ManifestSha256 { get; init; }

    /// <summary>With the number of its warnings alone.</summary>
    public Manifest WithoutNames() =>
        this with { Archive = Archive with { Warnings = Archive.Warnings.Count == 0 ? [] : [new ManifestWarning("", Archive.Warnings.Sum(warning => warning.Count), [])] } };
}

public sealed record ManifestIdentity(
    string Cluster, string Namespace, string Kind, string Name, string Claim, string? WorkloadUid = null, string? ClaimUid = null);

public sealed record ManifestTool(string Name, string Version);

public sealed record ManifestArchive
{
    public const string FromTar = "tar";
    public const string FromCommand = "command";

    /// <summary><see cref="FromTar"/> or <see cref="FromCommand"/>; of a command's archive nothing below is known.</summary>
    public required string Source { get; init; }

    /// <summary>All entries of the archive but the volume's root: 0 is an empty volume.</summary>
    public long? Entries { get; init; }

    /// <summary>Regular files; a further name (hard link) of a file does not count again.</summary>
    public long? Files { get; init; }

    /// <summary>Apparent size of the regular files.</summary>
    public long? Bytes { get; init; }

    /// <summary>What extraction allocates on a file system of 4 KiB blocks, at most.</summary>
    public long? DiskBytes { get; init; }

    /// <summary>Inodes that extraction needs.</summary>
    public long? Inodes { get; init; }

    /// <summary>Length of the tar stream before compression, with its end mark and without the padding after it.</summary>
    public long? TarBytes { get; init; }

    /// <summary>0, or 1 when files changed while they were read.</summary>
    public int? TarExit { get; init; }

    /// <summary>Files that changed, vanished or were left out, by kind.</summary>
    public IReadOnlyList<ManifestWarning> Warnings { get; init; } = [];
}

/// <param name="Kind">What happened: <c>file changed as we read it</c>.</param>
/// <param name="Count">To how many.</param>
/// <param name="Names">The first of them; a byte that is not UTF-8 is shown as <c>\xNN</c>.</param>
public sealed record ManifestWarning(string Kind, long Count, IReadOnlyList<string> Names)
{
    /// <summary>Characters of names in one manifest. JSON spells one in six bytes at most, so a manifest stays below its limit.</summary>
    public const int MaxNames = 64 * 1024;

    public static IReadOnlyList<ManifestWarning> Of(IReadOnlyList<ArchiveWarning> warnings)
    {
        var left = MaxNames;
        bool Fits(string name) => (left -= name.Length) >= 0;
        return [.. warnings.Select(warning => new ManifestWarning(warning.Kind, warning.Count, [.. warning.Names.TakeWhile(Fits)]))];
    }
}

public sealed record ManifestGzip(int Level, int MemberBytes, long Bytes, string Sha256);

/// <param name="Key">Relative to the folder of the manifest.</param>
public sealed record ManifestObject(string Key, long Bytes, string Sha256);

/// <param name="Algorithm"><see cref="None"/>, or the policy's word for it: <c>aes256-gcm</c>, <c>aes256-cbc</c>, <c>gpg</c>.</param>
/// <param name="Iv">Of aes256-cbc: 32 hex digits.</param>
public sealed record ManifestEncryption(string Algorithm, string? Iv = null)
{
    public const string None = "none";

    public static bool IsKnown(string algorithm) => algorithm == None || Of(algorithm) is not null;

    /// <returns>Null when nothing is encrypted.</returns>
    public EncryptionAlgorithm? Encrypts() => Of(Algorithm);

    static EncryptionAlgorithm? Of(string algorithm) =>
        Enum.GetValues<EncryptionAlgorithm>().Where(known => PolicyWords.Of(known) == algorithm).Select(known => (EncryptionAlgorithm?)known).FirstOrDefault();
}

/// <param name="Result">What the consistency step reported.</param>
public sealed record ManifestConsistency(bool Enabled, string Result, double Seconds);
