using System.Security.Cryptography;

namespace BackupRunner.Keys;

/// <summary>Names a key without telling it: the first 16 hex digits, in lower case, of the SHA-256 of its 32 bytes.</summary>
public sealed record KeyId
{
    public const int Length = 16;

    KeyId(string text) => Text = text;

    public string Text { get; }

    public static KeyId Of(ReadOnlySpan<byte> key)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(key, hash);
        return new KeyId(Convert.ToHexStringLower(hash[..(Length / 2)]));
    }

    /// <returns>Null when <paramref name="text"/> is no key id.</returns>
    public static KeyId? Parse(string text) => text.Length == Length && text.All(char.IsAsciiHexDigitLower) ? new KeyId(text) : null;

    public override string ToString() => Text;
}
