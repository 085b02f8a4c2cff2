using BackupRunner.Keys;
using BackupRunner.Names;
using BackupRunner.Reports;

namespace BackupRunner.Encryption;

/// <param name="key">The caller's.</param>
public sealed class RecoveryUnwrapper(RecoveryPrivateKey key) : IDataKeyUnwrapper
{
    public bool Fits(string file) => file == BackupKeys.RecoveryWrapName;

    /// <summary>Tries it whatever public key it says it is for: what it says is not proven, the wrap is.</summary>
    public DataKey? Unwrap(WrappedKey wrapped) => wrapped.KeyId is null ? RecoveryWrap.Unwrap(key, wrapped.Wrapped.Span) : null;

    public RunnerException Missing(BackupKeys keys, IReadOnlyList<KeyId> needed) => new(
        ExitCode.Integrity, $"backup \"{keys.Id}\" has no \"{BackupKeys.RecoveryWrapName}\": its policy had no recoveryPublicKey",
        needed.Count == 0 ? null : $"restore it with --keys and the key {needed[0]}{(needed.Count > 1 ? $", or one of {needed.Count - 1} others" : "")}");

    public RunnerException Refused(BackupKeys keys, WrappedKey wrapped) => wrapped.PublicKeySha256 == key.PublicKeySha256
        ? new RunnerException(ExitCode.Integrity, $"\"{keys.RecoveryWrap}\" was altered or damaged: it does not unwrap with its private key", "another object in keys/ may still unwrap the backup's key, with --keys")
        : new RunnerException(
            ExitCode.Integrity, $"\"{keys.RecoveryWrap}\" is for the public key {wrapped.PublicKeySha256}, the private key given belongs to {key.PublicKeySha256}",
            "both are the SHA-256 of the public key's DER: openssl pkey -in FILE -pubout -outform DER | sha256sum");
}
