using System.Security.Cryptography;
using BackupRunner.Policy;

namespace BackupRunner.Tests.Policy;

public sealed class RecoveryPublicKeyTests
{
    [Theory]
    [InlineData(3072)]
    [InlineData(4096)]
    public void Takes_an_RSA_key_that_is_long_enough(int bits)
    {
        using var rsa = RSA.Create(bits);
        Assert.True(RecoveryPublicKey.TryParse("\n" + rsa.ExportSubjectPublicKeyInfoPem() + "\n", out var key, out _));
        Assert.Equal(bits, key.Bits);
    }

    [Fact]
    public void Refuses_a_short_one()
    {
        using var rsa = RSA.Create(2048);
        Assert.Equal("is an RSA key of 2048 bits; at least 3072 are needed", Problem(rsa.ExportSubjectPublicKeyInfoPem()));
    }

    [Fact]
    public void Refuses_a_private_key_and_does_not_show_it()
    {
        using var rsa = RSA.Create(3072);
        foreach (var pem in (string[])[rsa.ExportPkcs8PrivateKeyPem(), rsa.ExportRSAPrivateKeyPem(), rsa.ExportSubjectPublicKeyInfoPem() + "\n" + rsa.ExportPkcs8PrivateKeyPem()])
        {
            var block = string.Join('\n', pem.Split('\n').Select(line => "    " + line));
            var shown = Refusal.OnlyOf("encryption:\n  recoveryPublicKey: |\n" + block);
            Assert.StartsWith("backup.settings.encryption.recoveryPublicKey (line 2, column 22): is a private key", shown, StringComparison.Ordinal);
            Assert.DoesNotContain(pem.Split('\n')[2], shown, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Refuses_what_is_no_public_key()
    {
        using var rsa = RSA.Create(3072);
        using var curve = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var good = rsa.ExportSubjectPublicKeyInfoPem();
        Assert.Equal("is not an RSA public key", Problem(curve.ExportSubjectPublicKeyInfoPem()));
        Assert.Equal("is not an RSA public key", Problem("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"));
        Assert.StartsWith("is a PEM of \"RSA PUBLIC KEY\"", Problem(rsa.ExportRSAPublicKeyPem()), StringComparison.Ordinal);
        foreach (var text in (string[])["key", "", good + good, good[..200], good.Replace("A", "*", StringComparison.Ordinal), good + new string(' ', 20_000)])
            Assert.StartsWith("is not one PEM public key", Problem(text), StringComparison.Ordinal);
    }

    static string Problem(string text)
    {
        Assert.False(RecoveryPublicKey.TryParse(text, out var key, out var problem));
        Assert.Null(key);
        return problem;
    }
}
