using System.Security.Cryptography;
using BackupRunner.Encryption;
using BackupRunner.Policy;
using BackupRunner.Tests.Support;
using static BackupRunner.Tests.Encryption.Ciphers;

namespace BackupRunner.Tests.Encryption;

public sealed class RecoveryWrapTests : IDisposable
{
    readonly Scratch scratch = new();
    readonly DataKey key = Key();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        key.Dispose();
        scratch.Dispose();
    }

    [Theory]
    [InlineData(3072)]
    [InlineData(4096)]
    public async Task Openssl_unwraps_it_and_we_unwrap_what_openssl_wraps(int bits)
    {
        Shell.Bash($"cd {scratch.Path}; openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:{bits} -out key.pem 2>/dev/null; openssl pkey -in key.pem -pubout -out public.pem");
        Assert.True(RecoveryPublicKey.TryParse(await File.ReadAllTextAsync(scratch["public.pem"], Cancel), out var recovery, out _));
        await File.WriteAllBytesAsync(scratch["wrapped"], RecoveryWrap.Wrap(recovery, key), Cancel);
        await File.WriteAllBytesAsync(scratch["data.key"], key.Material.ToArray(), Cancel);
        const string oaep = "-pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha256";

        Shell.Bash($"cd {scratch.Path}; openssl pkeyutl -decrypt -inkey key.pem {oaep} -in wrapped | cmp - data.key; openssl pkeyutl -encrypt -pubin -inkey public.pem {oaep} -in data.key -out theirs");

        using var opened = RecoveryPrivateKey.Read(scratch["key.pem"]);
        using var unwrapped = RecoveryWrap.Unwrap(opened, await File.ReadAllBytesAsync(scratch["theirs"], Cancel));
        Assert.True(unwrapped!.IsSameAs(key));
        var fingerprint = Shell.Bash($"openssl pkey -pubin -in {scratch["public.pem"]} -outform DER | sha256sum")[..64];
        Assert.Equal((fingerprint, fingerprint), (recovery.Sha256, opened.PublicKeySha256));
    }

    [Fact]
    public void What_is_altered_or_for_another_key_or_no_data_key_does_not_unwrap()
    {
        using var rsa = RSA.Create(3072);
        using var other = RSA.Create(3072);
        var (recovery, opened) = Pair(rsa);
        var (_, otherOpened) = Pair(other);
        using (opened)
        using (otherOpened)
        {
            var wrapped = RecoveryWrap.Wrap(recovery, key);
            Assert.Equal(384, wrapped.Length);
            Assert.NotEqual(wrapped, RecoveryWrap.Wrap(recovery, key));
            using (var unwrapped = RecoveryWrap.Unwrap(opened, wrapped))
                Assert.True(unwrapped!.IsSameAs(key));
            Assert.Null(RecoveryWrap.Unwrap(otherOpened, wrapped));
            foreach (var at in (int[])[0, 1, 200, 383])
            {
                byte[] altered = [.. wrapped];
                altered[at] ^= 1;
                Assert.Null(RecoveryWrap.Unwrap(opened, altered));
            }
            foreach (var length in (int[])[0, 1, 383])
                Assert.Null(RecoveryWrap.Unwrap(opened, wrapped.AsSpan(0, length)));
            Assert.Null(RecoveryWrap.Unwrap(opened, [.. wrapped, 0]));
            foreach (var length in (int[])[0, 31, 33, 64])
                Assert.Null(RecoveryWrap.Unwrap(opened, rsa.Encrypt(Data(length), RSAEncryptionPadding.OaepSHA256)));
            // The padding of other programs' defaults.
            Assert.Null(RecoveryWrap.Unwrap(opened, rsa.Encrypt(key.Material, RSAEncryptionPadding.OaepSHA1)));
            Assert.Null(RecoveryWrap.Unwrap(opened, rsa.Encrypt(key.Material, RSAEncryptionPadding.Pkcs1)));
        }
    }

    (RecoveryPublicKey Public, RecoveryPrivateKey Private) Pair(RSA rsa)
    {
        Assert.True(RecoveryPublicKey.TryParse(rsa.ExportSubjectPublicKeyInfoPem(), out var recovery, out _));
        return (recovery, RecoveryPrivateKey.Read(scratch.File("key.pem", rsa.ExportPkcs8PrivateKeyPem())));
    }
}
