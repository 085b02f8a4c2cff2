using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace BackupRunner.Policy;

/// <summary>An RSA public key of at least <see cref="MinimumBits"/> bits, as PEM (RFC 7468, label PUBLIC KEY).</summary>
public sealed record RecoveryPublicKey
{
    public const int MinimumBits = 3072;

    const int MaximumCharacters = 16 * 1024;

    readonly byte[] subjectPublicKeyInfo;

    RecoveryPublicKey(string pem, RSA rsa)
    {
        Pem = pem;
        Bits = rsa.KeySize;
        subjectPublicKeyInfo = rsa.ExportSubjectPublicKeyInfo();
        Sha256 = Fingerprint(rsa);
    }

    /// <summary>As given.</summary>
    public string Pem { get; }

    public int Bits { get; }

    /// <summary>Of its DER SubjectPublicKeyInfo, 64 lower-case hex digits: <c>openssl pkey -pubin -in key.pem -outform DER | sha256sum</c>.</summary>
    public string Sha256 { get; }

    /// <summary>What <see cref="Sha256"/> is of the public half of <paramref name="rsa"/>.</summary>
    public static string Fingerprint(RSA rsa) => Convert.ToHexStringLower(SHA256.HashData(rsa.ExportSubjectPublicKeyInfo()));

    /// <summary>RSA-OAEP (RFC 8017) with SHA-256, also for MGF1, and no label.</summary>
    /// <param name="secret">At most <see cref="Bits"/> / 8 - 66 bytes.</param>
    public byte[] Encrypt(ReadOnlySpan<byte> secret)
    {
        using var rsa = RSA.Create();
        rsa.ImportSubjectPublicKeyInfo(subjectPublicKeyInfo, out _);
        return rsa.Encrypt(secret, RSAEncryptionPadding.OaepSHA256);
    }

    public bool Equals(RecoveryPublicKey? other) => Pem == other?.Pem;

    public override int GetHashCode() => Pem.GetHashCode(StringComparison.Ordinal);

    /// <param name="problem">Never quotes the text: it may be a private key that was pasted by mistake.</param>
    public static bool TryParse(
        string text, [NotNullWhen(true)] out RecoveryPublicKey? key, [NotNullWhen(false)] out string? problem)
    {
        key = null;
        if (text.Contains("PRIVATE KEY", StringComparison.Ordinal))
        {
            problem = "is a private key; give the public one (openssl pkey -in key.pem -pubout) and keep the private one off the cluster";
            return false;
        }
        if (text.Length > MaximumCharacters || !PemEncoding.TryFind(text, out var found) || !IsAlone(text, found))
        {
            problem = "is not one PEM public key (-----BEGIN PUBLIC KEY-----)";
            return false;
        }
        var label = text[found.Label];
        if (label != "PUBLIC KEY")
        {
            problem = $"is a PEM of \"{label}\", not of \"PUBLIC KEY\" (openssl pkey -pubin -in key.pem, or openssl x509 -noout -pubkey)";
            return false;
        }
        return TryImport(text, text.AsSpan()[found.Base64Data], out key, out problem);
    }

    static bool IsAlone(string text, PemFields found) =>
        text.AsSpan(0, found.Location.Start.Value).IsWhiteSpace() && text.AsSpan(found.Location.End.Value).IsWhiteSpace();

    static bool TryImport(
        string text, ReadOnlySpan<char> base64, [NotNullWhen(true)] out RecoveryPublicKey? key, [NotNullWhen(false)] out string? problem)
    {
        var der = new byte[base64.Length];
        Convert.TryFromBase64Chars(base64, der, out var length);
        using var rsa = RSA.Create();
        try
        {
            rsa.ImportSubjectPublicKeyInfo(der.AsSpan(0, length), out _);
            // Not every pair of numbers is a key.
            rsa.Encrypt(new byte[1], RSAEncryptionPadding.OaepSHA256);
        }
        catch (CryptographicException)
        {
            (key, problem) = (null, "is not an RSA public key");
            return false;
        }
        key = rsa.KeySize < MinimumBits ? null : new RecoveryPublicKey(text, rsa);
        problem = key is null ? $"is an RSA key of {rsa.KeySize} bits; at least {MinimumBits} are needed" : null;
        return key is not null;
    }
}
