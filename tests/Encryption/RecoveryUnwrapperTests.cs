using System.Security.Cryptography;
using BackupRunner.Encryption;
using BackupRunner.Keys;
using BackupRunner.Names;
using BackupRunner.Policy;
using BackupRunner.Reports;
using BackupRunner.Tests.Support;
using static BackupRunner.Tests.Encryption.Ciphers;

namespace BackupRunner.Tests.Encryption;

public sealed class RecoveryUnwrapperTests : IDisposable
{
    static readonly RSA rsa = RSA.Create(3072);

    readonly Scratch scratch = new();
    readonly RecoveryPrivateKey opened;
    readonly WrappedKey wrapped;
    readonly DataKey data = Key();

    public RecoveryUnwrapperTests()
    {
        opened = RecoveryPrivateKey.Read(scratch.File("key.pem", rsa.ExportPkcs8PrivateKeyPem()));
        Assert.True(RecoveryPublicKey.TryParse(rsa.ExportSubjectPublicKeyInfoPem(), out var recovery, out _));
        wrapped = WrappedKey.For(recovery, data, Id);
    }

    public void Dispose()
    {
        opened.Dispose();
        data.Dispose();
        scratch.Dispose();
    }

    [Fact]
    public void Unwraps_the_recovery_wrap_alone()
    {
        var unwrapper = new RecoveryUnwrapper(opened);
        using var by = WrappingKey();
        Assert.True(unwrapper.Fits(BackupKeys.RecoveryWrapName));
        Assert.False(unwrapper.Fits(BackupKeys.WrapNameOf(by.Id)));
        using var unwrapped = unwrapper.Unwrap(WrappedKeyFile.Read(WrappedKeyFile.Write(wrapped), Ciphers.Keys, wrapped.File));
        Assert.True(unwrapped!.IsSameAs(data));
        Assert.Null(unwrapper.Unwrap(WrappedKey.By(by, data, Id)));
        // The fingerprint is not proven, so that it cannot stand in the way either.
        using var relabeled = unwrapper.Unwrap(wrapped with { PublicKeySha256 = new string('0', 64) });
        Assert.True(relabeled!.IsSameAs(data));
    }

    [Fact]
    public void Says_why_it_cannot()
    {
        var unwrapper = new RecoveryUnwrapper(opened);
        var id = KeyId.Of("x"u8);
        var missing = unwrapper.Missing(Ciphers.Keys, [id]);
        Assert.Equal((ExitCode.Integrity, $"backup \"{Id}\" has no \"keys/recovery.json\": its policy had no recoveryPublicKey"), (missing.ExitCode, missing.Message));
        Assert.Contains(id.Text, missing.Hint, StringComparison.Ordinal);
        Assert.Equal($"\"{Ciphers.Keys.RecoveryWrap}\" was altered or damaged: it does not unwrap with its private key", unwrapper.Refused(Ciphers.Keys, wrapped).Message);
        var zeros = new string('0', 64);
        Assert.Equal($"\"{Ciphers.Keys.RecoveryWrap}\" is for the public key {zeros}, the private key given belongs to {opened.PublicKeySha256}", unwrapper.Refused(Ciphers.Keys, wrapped with { PublicKeySha256 = zeros }).Message);
    }
}
