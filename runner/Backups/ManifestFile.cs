using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using BackupRunner.Reports;

namespace BackupRunner.Backups;

/// <summary>The bytes of <c>backup.json</c>: written once, sealed by their own SHA-256, so that a flipped bit anywhere in them is found.</summary>
public static class ManifestFile
{
    public const int MaxBytes = 1 << 20;

    static readonly string NoSeal = new('0', 64);

    public static byte[] Write(Manifest manifest)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(manifest with { ManifestSha256 = NoSeal }, ManifestJson.Default.Manifest);
        byte[] file = [.. bytes, (byte)'\n'];
        Encoding.ASCII.GetBytes(Convert.ToHexStringLower(SHA256.HashData(file)), SealOf(file));
        return file;
    }

    /// <exception cref="RunnerException">Exit 5: altered, cut, of a newer format, or no manifest at all.</exception>
    public static Manifest Read(ReadOnlySpan<byte> file, string key)
    {
        var manifest = Deserialize(file, key, ManifestJson.Default.Manifest);
        var unsealed = file.ToArray();
        var seal = SealOf(unsealed);
        if (seal.IsEmpty)
            throw Altered(key, "it has no seal");
        Encoding.ASCII.GetBytes(NoSeal, seal);
        if (Convert.ToHexStringLower(SHA256.HashData(unsealed)) != manifest.ManifestSha256)
            throw Altered(key, "its own SHA-256 does not match");
        return ManifestLimits.Problem(manifest) is { } problem ? throw Altered(key, problem) : manifest;
    }

    /// <summary>What may be known of a manifest before it is authenticated.</summary>
    /// <exception cref="RunnerException">Exit 5: no manifest, or of a format or an encryption that this program does not know.</exception>
    public static ManifestHeader ReadHeader(ReadOnlySpan<byte> file, string key)
    {
        var header = Deserialize(file, key, ManifestJson.Default.ManifestHeader);
        return ManifestEncryption.IsKnown(header.Encryption.Algorithm) ? header : throw new RunnerException(
            ExitCode.Integrity, $"\"{key}\" is encrypted by {Untrusted.Quoted(header.Encryption.Algorithm)}, which this program does not know", "use a newer backup-runner");
    }

    static T Deserialize<T>(ReadOnlySpan<byte> file, string key, JsonTypeInfo<T> type)
    {
        try
        {
            var version = JsonSerializer.Deserialize(file, ManifestJson.Default.ManifestVersion)?.FormatVersion;
            if (version != Manifest.CurrentFormat)
            {
                throw new RunnerException(
                    ExitCode.Integrity, $"\"{key}\" has formatVersion {version}, this program reads {Manifest.CurrentFormat}", "use a newer backup-runner");
            }
            return JsonSerializer.Deserialize(file, type) ?? throw Altered(key, "it is empty");
        }
        catch (JsonException failure)
        {
            throw Altered(key, "it is no manifest: " + failure.Message.TrimEnd('.'));
        }
    }

    static RunnerException Altered(string key, string why) => new(
        ExitCode.Integrity, $"\"{key}\" was altered or damaged: {why}", "restore another backup; \"list\" shows them");

    static Span<byte> SealOf(byte[] file)
    {
        var name = "\"manifestSha256\": \""u8;
        var at = file.AsSpan().LastIndexOf(name);
        return at < 0 || at + name.Length + NoSeal.Length > file.Length ? [] : file.AsSpan(at + name.Length, NoSeal.Length);
    }
}

sealed record ManifestVersion(int FormatVersion);

/// <summary>What is read of a manifest before it is authenticated.</summary>
public sealed record ManifestHeader(string Id, ManifestEncryption Encryption);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    Converters = [typeof(UtcTime)],
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    WriteIndented = true,
    NewLine = "\n")]
[JsonSerializable(typeof(Manifest))]
[JsonSerializable(typeof(ManifestVersion))]
[JsonSerializable(typeof(ManifestHeader))]
sealed partial class ManifestJson : JsonSerializerContext;
