using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
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
        var manifest = Deserialize(file, key);
        var unsealed = file.ToArray();
        var seal = SealOf(unsealed);
        if (seal.IsEmpty)
            throw Altered(key, "it has no seal");
        Encoding.ASCII.GetBytes(NoSeal, seal);
        if (Convert.ToHexStringLower(SHA256.HashData(unsealed)) != manifest.ManifestSha256)
            throw Altered(key, "its own SHA-256 does not match");
        return manifest;
    }

    static Manifest Deserialize(ReadOnlySpan<byte> file, string key)
    {
        try
        {
            var version = JsonSerializer.Deserialize(file, ManifestJson.Default.ManifestVersion)?.FormatVersion;
            if (version != Manifest.CurrentFormat)
            {
                throw new RunnerException(
                    ExitCode.Integrity, $"\"{key}\" has formatVersion {version}, this program reads {Manifest.CurrentFormat}", "use a newer backup-runner");
            }
            return JsonSerializer.Deserialize(file, ManifestJson.Default.Manifest) ?? throw Altered(key, "it is empty");
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

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    Converters = [typeof(UtcTime)],
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    WriteIndented = true,
    NewLine = "\n")]
[JsonSerializable(typeof(Manifest))]
[JsonSerializable(typeof(ManifestVersion))]
sealed partial class ManifestJson : JsonSerializerContext;
