using System.Security.Cryptography;
using BackupRunner.Keys;
using BackupRunner.Policy;
using BackupRunner.Reports;

namespace BackupRunner.Encryption;

/// <summary>The private half of a policy's recoveryPublicKey. Disposing forgets it.</summary>
public sealed class RecoveryPrivateKey : IDisposable
{
    readonly RSA rsa;
    readonly Lock gate = new();

    RecoveryPrivateKey(RSA rsa)
    {
        this.rsa = rsa;
        PublicKeySha256 = RecoveryPublicKey.Fingerprint(rsa);
    }

    /// <summary>Of the DER SubjectPublicKeyInfo of its public half, 64 lower-case hex digits.</summary>
    public string PublicKeySha256 { get; }

    /// <param name="path">A PEM file (RFC 7468) with an RSA private key in PKCS#8 or PKCS#1, without a passphrase.</param>
    /// <exception cref="RunnerException">Exit 2: it cannot be read or holds no key. Exit 5: the key cannot be used.</exception>
    public static RecoveryPrivateKey Read(string path)
    {
        var rsa = RSA.Create();
        try
        {
            PrivateKeyFile.ImportInto(rsa, path);
            if (rsa.KeySize < RecoveryPublicKey.MinimumBits)
            {
                throw new RunnerException(
                    ExitCode.Integrity, $"\"{path}\" is an RSA key of {rsa.KeySize} bits; at least {RecoveryPublicKey.MinimumBits} are needed", "give the private key of the policy's recoveryPublicKey");
            }
            return new RecoveryPrivateKey(rsa);
        }
        catch
        {
            rsa.Dispose();
            throw;
        }
    }

    /// <summary>RSA-OAEP with SHA-256.</summary>
    /// <param name="length">How many of the bytes that are returned it decrypted to; 0 when it does not decrypt.</param>
    /// <returns>The caller's.</returns>
    public SecretBytes Decrypt(ReadOnlySpan<byte> encrypted, out int length)
    {
        var decrypted = new SecretBytes(rsa.KeySize / 8);
        try
        {
            // Several manifests are read at a time, and the framework promises nothing of one key in two threads.
            lock (gate)
                rsa.TryDecrypt(encrypted, decrypted.Span, RSAEncryptionPadding.OaepSHA256, out length);
        }
        catch (CryptographicException)
        {
            length = 0;
        }
        return decrypted;
    }

    public void Dispose() => rsa.Dispose();

    public override string ToString() => $"private key of {PublicKeySha256}";
}
