using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace BackupRunner.Policy;

/// <summary>An RSA public key of at least <see cref="MinimumBits"/> bits, as PEM (RFC 7468, label PUBLIC KEY).</summary>
public sealed record RecoveryPublicKey
{
    public const int MinimumBits = 3072;

    const int MaximumCharacters = 16 * 1024;

    RecoveryPublicKey(string pem, int bits) => (Pem, Bits) = (pem, bits);

    /// <summary>As given.</summary>
    public string Pem { get; }

    public int Bits { get; }

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
        }
        catch (CryptographicException)
        {
            (key, problem) = (null, "is not an RSA public key");
            return false;
        }
        key = rsa.KeySize < MinimumBits ? null : new RecoveryPublicKey(text, rsa.KeySize);
        problem = key is null ? $"is an RSA key of {rsa.KeySize} bits; at least {MinimumBits} are needed" : null;
        return key is not null;
    }
}
