using System.Security.Cryptography;

namespace BackupRunner.Keys;

/// <summary>Bytes that no message, log or debugger may show. They stay where they are in memory, so that disposing leaves no copy of them behind.</summary>
public sealed class SecretBytes(int length) : IDisposable
{
    readonly byte[] bytes = GC.AllocateArray<byte>(length, pinned: true);
    bool disposed;

    public int Length => bytes.Length;

    public Span<byte> Span => disposed ? throw new ObjectDisposedException(nameof(SecretBytes)) : bytes;

    /// <summary>The same bytes, for calls that take no span. Not to be kept.</summary>
    public byte[] Array => disposed ? throw new ObjectDisposedException(nameof(SecretBytes)) : bytes;

    public static SecretBytes Random(int length)
    {
        var secret = new SecretBytes(length);
        RandomNumberGenerator.Fill(secret.Span);
        return secret;
    }

    public static SecretBytes CopyOf(ReadOnlySpan<byte> bytes)
    {
        var secret = new SecretBytes(bytes.Length);
        bytes.CopyTo(secret.Span);
        return secret;
    }

    public void Dispose()
    {
        disposed = true;
        CryptographicOperations.ZeroMemory(bytes);
    }

    public override string ToString() => "**redacted**";
}
