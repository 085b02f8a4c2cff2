using System.Security.Cryptography;
using System.Text;

namespace BackupRunner.Encryption;

/// <summary><c>backup.json.hmac</c>: HMAC-SHA256 over the bytes of the manifest, as 64 lower-case hex digits and a line feed. The key is derived from the backup's data key.</summary>
public static class ManifestMac
{
    public const int MaxFileBytes = 1 << 10;

    const string Info = "backup-runner manifest v1";

    public static byte[] File(DataKey key, ReadOnlySpan<byte> manifest)
    {
        using var derived = key.Derive(Info);
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(derived.Span, manifest, mac);
        return Encoding.ASCII.GetBytes(Convert.ToHexStringLower(mac) + "\n");
    }

    /// <param name="file">What is stored; anything but what <see cref="File"/> writes does not match.</param>
    public static bool Matches(DataKey key, ReadOnlySpan<byte> manifest, ReadOnlySpan<byte> file) => CryptographicOperations.FixedTimeEquals(File(key, manifest), file);
}
