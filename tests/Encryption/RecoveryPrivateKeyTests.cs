using System.Security.Cryptography;
using BackupRunner.Encryption;
using BackupRunner.Reports;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Encryption;

public sealed class RecoveryPrivateKeyTests : IDisposable
{
    /// <summary>One for all, because they take long to make.</summary>
    static readonly RSA rsa = RSA.Create(3072);

    readonly Scratch scratch = new();

    public void Dispose() => scratch.Dispose();

    public static TheoryData<string, string> Good => new()
    {
        { "PKCS#8", rsa.ExportPkcs8PrivateKeyPem() },
        { "PKCS#1", rsa.ExportRSAPrivateKeyPem() },
        { "with text around it", "Key of the ops team\n" + rsa.ExportPkcs8PrivateKeyPem() + "\nkeep it safe\n" },
        { "after its public half", rsa.ExportSubjectPublicKeyInfoPem() + "\n" + rsa.ExportPkcs8PrivateKeyPem() },
        { "of Windows", rsa.ExportPkcs8PrivateKeyPem().Replace("\n", "\r\n", StringComparison.Ordinal) },
    };

    [Theory]
    [MemberData(nameof(Good))]
    public void Reads_a_private_key(string how, string pem)
    {
        using var key = RecoveryPrivateKey.Read(scratch.File("key.pem", pem));
        Assert.True(Convert.ToHexStringLower(SHA256.HashData(rsa.ExportSubjectPublicKeyInfo())) == key.PublicKeySha256, how);
        Assert.Equal("private key of " + key.PublicKeySha256, $"{key}");
    }

    public static TheoryData<string, ExitCode, string> Bad
    {
        get
        {
            using var small = RSA.Create(2048);
            using var curve = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var good = rsa.ExportPkcs8PrivateKeyPem();
            var locked = rsa.ExportEncryptedPkcs8PrivateKeyPem("secret", new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000));
            var damaged = rsa.ExportPkcs8PrivateKey().AsSpan()[..^200].ToArray();
            var older = PemEncoding.WriteString("RSA PRIVATE KEY", rsa.ExportRSAPrivateKey().AsSpan()[..^200]);
            return new()
            {
                { small.ExportPkcs8PrivateKeyPem(), ExitCode.Integrity, "\"FILE\" is an RSA key of 2048 bits; at least 3072 are needed" },
                { locked, ExitCode.Integrity, "\"FILE\" is locked with a passphrase" },
                { "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,74B63042A90346851098F87677F7E094\n\nAAAA\n-----END RSA PRIVATE KEY-----\n", ExitCode.Integrity, "\"FILE\" is locked with a passphrase" },
                { rsa.ExportSubjectPublicKeyInfoPem(), ExitCode.Integrity, "\"FILE\" is a public key (a PEM of \"PUBLIC KEY\"), which decrypts nothing" },
                { rsa.ExportRSAPublicKeyPem(), ExitCode.Integrity, "\"FILE\" is a public key (a PEM of \"RSA PUBLIC KEY\"), which decrypts nothing" },
                { PemEncoding.WriteString("CERTIFICATE", new byte[100]), ExitCode.Integrity, "\"FILE\" is a public key (a PEM of \"CERTIFICATE\"), which decrypts nothing" },
                { curve.ExportPkcs8PrivateKeyPem(), ExitCode.Integrity, "\"FILE\" is a private key of another kind (1.2.840.10045.2.1), not of RSA" },
                { curve.ExportECPrivateKeyPem(), ExitCode.Integrity, "\"FILE\" is a private key of another kind (a PEM of \"EC PRIVATE KEY\"), not of RSA" },
                { PemEncoding.WriteString("OPENSSH PRIVATE KEY", new byte[100]), ExitCode.Integrity, "\"FILE\" is a private key of another kind (a PEM of \"OPENSSH PRIVATE KEY\"), not of RSA" },
                { PemEncoding.WriteString("PRIVATE KEY", damaged), ExitCode.Integrity, "\"FILE\" holds a private key that is damaged" },
                { PemEncoding.WriteString("PRIVATE KEY", []), ExitCode.Integrity, "\"FILE\" holds a private key that is damaged" },
                { older, ExitCode.Integrity, "\"FILE\" holds a private key that is damaged" },
                { "", ExitCode.Usage, "\"FILE\" is no PEM file with a private key (-----BEGIN PRIVATE KEY-----)" },
                { good[..500], ExitCode.Usage, "\"FILE\" is no PEM file with a private key (-----BEGIN PRIVATE KEY-----)" },
                { good.Replace("A", "*", StringComparison.Ordinal), ExitCode.Usage, "\"FILE\" is no PEM file with a private key (-----BEGIN PRIVATE KEY-----)" },
                { "\0\0binary", ExitCode.Usage, "\"FILE\" is no PEM file with a private key (-----BEGIN PRIVATE KEY-----)" },
                { new string('x', 65_537), ExitCode.Usage, "\"FILE\" has more than 65536 bytes" },
            };
        }
    }

    [Theory]
    [MemberData(nameof(Bad), DisableDiscoveryEnumeration = true)]
    public void Says_what_is_wrong_and_shows_nothing_of_it(string content, ExitCode exitCode, string message)
    {
        var path = scratch.File("key.pem", content);
        var refusal = Assert.Throws<RunnerException>(() => RecoveryPrivateKey.Read(path));
        Assert.Equal((exitCode, message.Replace("FILE", path, StringComparison.Ordinal)), (refusal.ExitCode, refusal.Message));
        Assert.NotNull(refusal.Hint);
        Assert.Null(refusal.InnerException);
    }

    [Fact]
    public void A_file_that_cannot_be_read_is_a_mistake_of_the_caller()
    {
        foreach (var path in (string[])[scratch["none"], scratch.Path, "/proc/self/mem"])
        {
            var refusal = Assert.Throws<RunnerException>(() => RecoveryPrivateKey.Read(path));
            Assert.Equal(ExitCode.Usage, refusal.ExitCode);
            Assert.StartsWith($"cannot read \"{path}\": ", refusal.Message, StringComparison.Ordinal);
        }
    }

    /// <summary>As the hint says: what unlocks the key writes to a pipe, in pieces.</summary>
    [Fact]
    public async Task A_locked_key_can_be_read_through_a_pipe()
    {
        var locked = scratch.File("locked.pem", rsa.ExportEncryptedPkcs8PrivateKeyPem("secret", new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000)));
        Shell.Bash($"mkfifo {scratch["pipe"]}");
        var writing = Task.Run(() => Shell.Bash($"openssl pkey -in {locked} -passin pass:secret | while IFS= read -r line; do echo \"$line\"; done > {scratch["pipe"]}"), TestContext.Current.CancellationToken);
        using var key = RecoveryPrivateKey.Read(scratch["pipe"]);
        await writing;
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(rsa.ExportSubjectPublicKeyInfo())), key.PublicKeySha256);
    }
}
