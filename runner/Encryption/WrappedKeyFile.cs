using System.Text.Json;
using System.Text.Json.Serialization;
using BackupRunner.Keys;
using BackupRunner.Names;
using BackupRunner.Reports;

namespace BackupRunner.Encryption;

/// <summary>The bytes of <c>keys/ID.json</c> and <c>keys/recovery.json</c>. Nothing but the wrap itself is proven; the rest says what it is.</summary>
public static class WrappedKeyFile
{
    public const int MaxBytes = 64 << 10;

    const int CurrentFormat = 1;
    const string KeyWrapAlgorithm = "aes256-wrap-pad";
    const string RecoveryAlgorithm = "rsa-oaep-sha256";

    public static byte[] Write(WrappedKey key)
    {
        var content = new WrappedKeyContent
        {
            FormatVersion = CurrentFormat,
            Backup = key.Backup.Text,
            Algorithm = key.KeyId is null ? RecoveryAlgorithm : KeyWrapAlgorithm,
            KeyId = key.KeyId?.Text,
            PublicKeySha256 = key.PublicKeySha256,
            Wrapped = key.Wrapped.ToArray(),
        };
        return [.. JsonSerializer.SerializeToUtf8Bytes(content, WrappedKeyJson.Default.WrappedKeyContent), (byte)'\n'];
    }

    /// <param name="keys">Of the backup whose object it is.</param>
    /// <param name="name">Of the object, relative to the backup's folder.</param>
    /// <exception cref="RunnerException">Exit 5: it is no wrapped key, or not the one that its name says.</exception>
    public static WrappedKey Read(ReadOnlySpan<byte> file, BackupKeys keys, string name)
    {
        var key = keys.Folder + name;
        if (file.Length > MaxBytes)
            throw Damaged(key, $"it has more than {MaxBytes} bytes");
        var content = Deserialize(file, key);
        if (content.Backup != keys.Id.Text)
            throw Damaged(key, $"it is of backup {Untrusted.Quoted(content.Backup)}");
        var read = content.Algorithm == KeyWrapAlgorithm ? ByKey(content, keys.Id, key) : ForRecovery(content, keys.Id, key);
        return read.File == name ? read : throw Damaged(key, $"it is what \"{read.File}\" should be");
    }

    static WrappedKeyContent Deserialize(ReadOnlySpan<byte> file, string key)
    {
        try
        {
            var kind = JsonSerializer.Deserialize(file, WrappedKeyJson.Default.WrappedKeyKind) ?? throw Damaged(key, "it is empty");
            if (kind.FormatVersion != CurrentFormat)
                throw new RunnerException(ExitCode.Integrity, $"\"{key}\" has formatVersion {kind.FormatVersion}, this program reads {CurrentFormat}", "use a newer backup-runner");
            if (kind.Algorithm is not (KeyWrapAlgorithm or RecoveryAlgorithm))
                throw new RunnerException(ExitCode.Integrity, $"\"{key}\" is wrapped by the algorithm {Untrusted.Quoted(kind.Algorithm)}, this program knows \"{KeyWrapAlgorithm}\" and \"{RecoveryAlgorithm}\"", "use a newer backup-runner");
            return JsonSerializer.Deserialize(file, WrappedKeyJson.Default.WrappedKeyContent)!;
        }
        catch (JsonException failure)
        {
            throw Damaged(key, "it is no wrapped key: " + failure.Message.TrimEnd('.'));
        }
    }

    static WrappedKey ByKey(WrappedKeyContent content, BackupId backup, string key) => KeyId.Parse(content.KeyId ?? "") is { } id
        ? new WrappedKey { Backup = backup, KeyId = id, Wrapped = content.Wrapped }
        : throw Damaged(key, $"its keyId is {Untrusted.Quoted(content.KeyId)}");

    static WrappedKey ForRecovery(WrappedKeyContent content, BackupId backup, string key) =>
        content.PublicKeySha256 is { Length: 64 } sha256 && sha256.All(char.IsAsciiHexDigitLower)
            ? new WrappedKey { Backup = backup, PublicKeySha256 = sha256, Wrapped = content.Wrapped }
            : throw Damaged(key, $"its publicKeySha256 is {Untrusted.Quoted(content.PublicKeySha256)}");

    static RunnerException Damaged(string key, string why) => new(
        ExitCode.Integrity, $"\"{key}\" was altered or damaged: {why}", "another object in keys/ may still unwrap the backup's key; otherwise restore another backup, \"list\" shows them");
}

sealed record WrappedKeyKind(int FormatVersion, string? Algorithm);

sealed record WrappedKeyContent
{
    public required int FormatVersion { get; init; }

    public required string Backup { get; init; }

    public required string Algorithm { get; init; }

    public string? KeyId { get; init; }

    public string? PublicKeySha256 { get; init; }

    public required byte[] Wrapped { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    AllowDuplicateProperties = false,
    WriteIndented = true,
    NewLine = "\n")]
[JsonSerializable(typeof(WrappedKeyContent))]
[JsonSerializable(typeof(WrappedKeyKind))]
sealed partial class WrappedKeyJson : JsonSerializerContext;
