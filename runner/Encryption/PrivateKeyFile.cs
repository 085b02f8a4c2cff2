using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Text;
using BackupRunner.Keys;
using BackupRunner.Reports;

namespace BackupRunner.Encryption;

/// <summary>Reads an RSA private key from a PEM file (RFC 7468): PKCS#8 (RFC 5208) or PKCS#1 (RFC 8017). What it read is zeroed.</summary>
static class PrivateKeyFile
{
    const int MaxBytes = 64 << 10;
    const string RsaOid = "1.2.840.113549.1.1.1";

    /// <exception cref="RunnerException">Exit 2: it cannot be read or holds no key. Exit 5: its key cannot be used.</exception>
    public static void ImportInto(RSA rsa, string path)
    {
        using var content = SecretFile.Read(path, MaxBytes, "--private-key names the PEM file");
        if (content.Length > MaxBytes)
            throw Usage(path, $"has more than {MaxBytes} bytes");
        if (content.Span.IndexOf("DEK-Info:"u8) >= 0)
            throw Locked(path);
        var labels = new List<string>();
        for (var rest = content.Array.AsMemory(); PemEncoding.TryFindUtf8(rest.Span, out var found); rest = rest[found.Location.End..])
        {
            var label = Encoding.ASCII.GetString(rest.Span[found.Label]);
            labels.Add(label);
            if (label == "ENCRYPTED PRIVATE KEY")
                throw Locked(path);
            if (label is not ("PRIVATE KEY" or "RSA PRIVATE KEY"))
                continue;
            using var der = new SecretBytes(found.DecodedDataLength);
            // Found as PEM, so it decodes.
            DecodeBase64(rest.Span[found.Base64Data], der.Span);
            Import(rsa, der, label, path);
            return;
        }
        throw NoKey(path, labels);
    }

    static void DecodeBase64(ReadOnlySpan<byte> base64, Span<byte> der)
    {
        using var decoded = new SecretBytes(base64.Length);
        System.Buffers.Text.Base64.DecodeFromUtf8(base64, decoded.Span, out _, out var length);
        decoded.Span[..Math.Min(length, der.Length)].CopyTo(der);
    }

    static void Import(RSA rsa, SecretBytes der, string label, string path)
    {
        try
        {
            if (label == "RSA PRIVATE KEY")
                rsa.ImportRSAPrivateKey(der.Span, out _);
            else if (Algorithm(der) is var algorithm and not RsaOid)
                throw new RunnerException(ExitCode.Integrity, $"\"{path}\" is a private key of another kind ({algorithm}), not of RSA", "give the private key of the policy's recoveryPublicKey");
            else
                rsa.ImportPkcs8PrivateKey(der.Span, out _);
        }
        catch (Exception failure) when (failure is CryptographicException or AsnContentException)
        {
            // Without the cause: what a parser says of a private key is nobody's business.
            throw new RunnerException(ExitCode.Integrity, $"\"{path}\" holds a private key that is damaged", "openssl pkey -in FILE -check -noout says what is wrong with it");
        }
    }

    /// <returns>The OID in the PrivateKeyInfo.</returns>
    static string Algorithm(SecretBytes der)
    {
        var info = new AsnReader(der.Array, AsnEncodingRules.BER).ReadSequence();
        info.ReadInteger();
        return info.ReadSequence().ReadObjectIdentifier();
    }

    static RunnerException NoKey(string path, List<string> labels)
    {
        if (labels.Find(label => label is "PUBLIC KEY" or "RSA PUBLIC KEY" or "CERTIFICATE") is { } open)
            return new RunnerException(ExitCode.Integrity, $"\"{path}\" is a public key (a PEM of \"{open}\"), which decrypts nothing", "give the private key that belongs to it");
        if (labels.Find(label => label.EndsWith(" PRIVATE KEY", StringComparison.Ordinal)) is { } other)
            return new RunnerException(ExitCode.Integrity, $"\"{path}\" is a private key of another kind (a PEM of \"{other}\"), not of RSA", "give the private key of the policy's recoveryPublicKey");
        return Usage(path, "is no PEM file with a private key (-----BEGIN PRIVATE KEY-----)");
    }

    static RunnerException Locked(string path) =>
        new(ExitCode.Integrity, $"\"{path}\" is locked with a passphrase", "unlock it on the way, in bash: --private-key <(openssl pkey -in FILE)");

    static RunnerException Usage(string path, string problem) => new(ExitCode.Usage, $"\"{path}\" {problem}", "give the private key of the policy's recoveryPublicKey, as PEM");
}
