using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;

namespace BackupRunner.Keys;

/// <summary>A key of a ring, which wraps the data keys of backups (AES-256). Disposing forgets it.</summary>
public sealed class KeyEncryptionKey : IDisposable
{
    public const int Bytes = 32;

    /// <summary>Of a Secret's field; whatever is longer is no key.</summary>
    public const int MaxContentBytes = 1 << 10;

    readonly SecretBytes material;

    /// <param name="material">32 bytes, which are this key's from now on.</param>
    public KeyEncryptionKey(SecretBytes material)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(material.Length, Bytes);
        this.material = material;
        Id = KeyId.Of(material.Span);
    }

    public KeyId Id { get; }

    /// <summary>32 bytes.</summary>
    public ReadOnlySpan<byte> Material => material.Span;

    /// <summary>
    /// Reads a key as Secrets hold it: 32 bytes as they are, or, white space taken out, 64 hex digits or standard base64 of 32 bytes. 32 hex digits
    /// are refused: they are half a key that looks like a whole one.
    /// </summary>
    /// <param name="problem">What was found instead. Never quotes it.</param>
    public static bool TryParse(ReadOnlySpan<byte> content, [NotNullWhen(true)] out KeyEncryptionKey? key, [NotNullWhen(false)] out string? problem)
    {
        key = null;
        problem = null;
        if (content.Length > MaxContentBytes)
        {
            problem = $"has {content.Length} bytes";
            return false;
        }
        if (content.Length == Bytes && content.ContainsAnyExcept(HexDigits))
        {
            key = new KeyEncryptionKey(SecretBytes.CopyOf(content));
            return true;
        }
        using var text = WithoutWhiteSpace(content, out var length);
        key = Decode(text.Span[..length]);
        problem = key is null ? Found(content, text.Span[..length]) : null;
        return key is not null;
    }

    public void Dispose() => material.Dispose();

    public override string ToString() => $"key {Id}";

    static readonly SearchValues<byte> HexDigits = SearchValues.Create("0123456789abcdefABCDEF"u8);

    static SecretBytes WithoutWhiteSpace(ReadOnlySpan<byte> content, out int length)
    {
        var text = new SecretBytes(content.Length);
        length = 0;
        foreach (var b in content)
        {
            if (b is not ((byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n'))
                text.Span[length++] = b;
        }
        return text;
    }

    static KeyEncryptionKey? Decode(ReadOnlySpan<byte> text)
    {
        // Room for what base64 of a few bytes more would give: its length tells whether it is a key.
        using var decoded = new SecretBytes(MaxContentBytes);
        int length;
        if (text.Length == 2 * Bytes && !text.ContainsAnyExcept(HexDigits))
        {
            for (length = 0; length < Bytes; length++)
                decoded.Span[length] = (byte)((HexValue(text[2 * length]) << 4) | HexValue(text[(2 * length) + 1]));
        }
        else if (Base64.DecodeFromUtf8(text, decoded.Span, out _, out length) != OperationStatus.Done)
        {
            return null;
        }
        return length == Bytes ? new KeyEncryptionKey(SecretBytes.CopyOf(decoded.Span[..length])) : null;
    }

    static int HexValue(byte digit) => digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;

    static string Found(ReadOnlySpan<byte> content, ReadOnlySpan<byte> text)
    {
        if (content.IsEmpty)
            return "is empty";
        if (text.IsEmpty)
            return "is nothing but white space";
        if (!text.ContainsAnyExcept(HexDigits))
            return $"has {text.Length} hex digits, not {2 * Bytes}";
        using var decoded = new SecretBytes(MaxContentBytes);
        return Base64.DecodeFromUtf8(text, decoded.Span, out _, out var length) == OperationStatus.Done ? $"is base64 of {length} bytes, not of {Bytes}" : $"has {content.Length} bytes";
    }
}
