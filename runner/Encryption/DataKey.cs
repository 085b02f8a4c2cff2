using System.Security.Cryptography;
using System.Text;
using BackupRunner.Keys;

namespace BackupRunner.Encryption;

/// <summary>The random key of one backup, from which everything that protects this backup is derived (docs/FORMAT.md). Disposing forgets it.</summary>
/// <param name="material">32 bytes, which are this key's from now on.</param>
public sealed class DataKey(SecretBytes material) : IDisposable
{
    public const int Bytes = 32;

    public static DataKey Generate() => new(SecretBytes.Random(Bytes));

    /// <summary>32 bytes.</summary>
    public ReadOnlySpan<byte> Material => material.Span;

    /// <summary>HKDF-SHA256 (RFC 5869).</summary>
    /// <param name="info">ASCII.</param>
    /// <param name="salt">Empty by default.</param>
    /// <returns>32 bytes, the caller's.</returns>
    public SecretBytes Derive(string info, ReadOnlySpan<byte> salt = default)
    {
        var derived = new SecretBytes(Bytes);
        HKDF.DeriveKey(HashAlgorithmName.SHA256, material.Span, derived.Span, salt, Encoding.ASCII.GetBytes(info));
        return derived;
    }

    /// <summary>In constant time.</summary>
    public bool IsSameAs(DataKey other) => CryptographicOperations.FixedTimeEquals(Material, other.Material);

    public void Dispose() => material.Dispose();

    public override string ToString() => material.ToString();
}
