namespace BackupRunner.Policy;

public sealed record SettingsPolicy
{
    public VolumeAccessPolicy VolumeAccess { get; init; } = new();

    public ConsistencyPolicy Consistency { get; init; } = new();

    public ArchivePolicy Archive { get; init; } = new();

    public ChecksumPolicy Checksum { get; init; } = new();

    public EncryptionPolicy Encryption { get; init; } = new();
}

public enum VolumeAccessMethod
{
    SharedPvc,
}

/// <summary>How the backup sees the volume. It is always read-only: a document that says otherwise does not parse.</summary>
public sealed record VolumeAccessPolicy
{
    public VolumeAccessMethod Method { get; init; } = VolumeAccessMethod.SharedPvc;
}

public enum ArchiveFormat
{
    TarGz,
}

public sealed record ArchivePolicy
{
    public ArchiveFormat Format { get; init; } = ArchiveFormat.TarGz;

    /// <summary>1 to 9, as gzip's.</summary>
    public int CompressionLevel { get; init; } = 6;

    /// <summary>GNU tar's exclude patterns, none of them empty.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];
}

public enum ChecksumAlgorithm
{
    Sha256,
}

public sealed record ChecksumPolicy
{
    public ChecksumAlgorithm Algorithm { get; init; } = ChecksumAlgorithm.Sha256;
}
