using BackupRunner.Keys;
using BackupRunner.Names;
using BackupRunner.Policy;

namespace BackupRunner.Encryption;

/// <summary>A backup's data key as it is stored beside the archive, wrapped by a key of a ring or for a recovery key (docs/FORMAT.md).</summary>
public sealed record WrappedKey
{
    public required BackupId Backup { get; init; }

    /// <summary>Of the key that wrapped it; null: for a recovery key.</summary>
    public KeyId? KeyId { get; init; }

    /// <summary>Of the recovery key's DER SubjectPublicKeyInfo, 64 lower-case hex digits; null: by a key of a ring.</summary>
    public string? PublicKeySha256 { get; init; }

    public required ReadOnlyMemory<byte> Wrapped { get; init; }

    /// <summary>Where it is stored, relative to the backup's folder.</summary>
    public string File => KeyId is { } id ? BackupKeys.WrapNameOf(id) : BackupKeys.RecoveryWrapName;

    public static WrappedKey By(KeyEncryptionKey by, DataKey key, BackupId backup) => new() { Backup = backup, KeyId = by.Id, Wrapped = KeyWrap.Wrap(by, key) };

    public static WrappedKey For(RecoveryPublicKey recovery, DataKey key, BackupId backup) =>
        new() { Backup = backup, PublicKeySha256 = recovery.Sha256, Wrapped = RecoveryWrap.Wrap(recovery, key) };
}
