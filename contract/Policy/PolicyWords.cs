using System.Collections.Frozen;

namespace BackupRunner.Policy;

/// <summary>The words that the document has for the choices of the policy.</summary>
public static class PolicyWords
{
    public static FrozenDictionary<string, StorageProvider> Providers { get; } = Words(
        ("s3", StorageProvider.S3),
        ("gcs", StorageProvider.Gcs),
        ("azure", StorageProvider.Azure),
        ("minio", StorageProvider.Minio),
        ("file", StorageProvider.File));

    public static FrozenDictionary<string, EncryptionAlgorithm> EncryptionAlgorithms { get; } = Words(
        ("aes256-gcm", EncryptionAlgorithm.Aes256Gcm),
        ("aes256-cbc", EncryptionAlgorithm.Aes256Cbc),
        ("gpg", EncryptionAlgorithm.Gpg));

    public static FrozenDictionary<string, RunIn> Places { get; } = Words(("workload", RunIn.Workload), ("runner", RunIn.Runner));

    public static FrozenDictionary<string, VerificationMode> VerificationModes { get; } = Words(("checksum", VerificationMode.Checksum), ("full", VerificationMode.Full));

    public static FrozenDictionary<string, VolumeAccessMethod> VolumeAccessMethods { get; } = Words(("shared-pvc", VolumeAccessMethod.SharedPvc));

    public static FrozenDictionary<string, ArchiveFormat> ArchiveFormats { get; } = Words(("tar.gz", ArchiveFormat.TarGz));

    public static FrozenDictionary<string, ChecksumAlgorithm> ChecksumAlgorithms { get; } = Words(("sha256", ChecksumAlgorithm.Sha256));

    /// <summary>The word of <paramref name="choice"/> in one of the tables above.</summary>
    public static string Of<T>(FrozenDictionary<string, T> words, T choice)
        where T : struct, Enum => words.First(word => EqualityComparer<T>.Default.Equals(word.Value, choice)).Key;

    public static string Of(StorageProvider provider) => Of(Providers, provider);

    public static string Of(EncryptionAlgorithm algorithm) => Of(EncryptionAlgorithms, algorithm);

    public static string Of(VerificationMode mode) => Of(VerificationModes, mode);

    static FrozenDictionary<string, T> Words<T>(params (string Word, T Choice)[] words) =>
        words.ToFrozenDictionary(word => word.Word, word => word.Choice, StringComparer.Ordinal);
}
