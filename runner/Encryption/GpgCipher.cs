using BackupRunner.Keys;

namespace BackupRunner.Encryption;

/// <summary>Algorithm <c>gpg</c> of docs/FORMAT.md: an OpenPGP message (RFC 4880), made and read by the gpg of GnuPG 2.2 or later.</summary>
public sealed class GpgCipher(DataKey key) : IArchiveCipher
{
    public const string Info = "backup-runner gpg v1";

    /// <summary>The modification detection code is at the end of the message.</summary>
    public bool ProvesEveryByte => false;

    public Task<EncryptingStream> Encrypt(Stream inner, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        using var passphrase = Passphrase();
        return Task.FromResult<EncryptingStream>(new GpgEncryptingStream(GpgRun.Start(GpgArguments.Encrypt, passphrase), inner));
    }

    public Task<Stream> Decrypt(Stream stored, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        using var passphrase = Passphrase();
        return Task.FromResult<Stream>(new GpgDecryptingStream(GpgRun.Start(GpgArguments.Decrypt, passphrase), stored));
    }

    /// <summary>64 hex digits in lower case.</summary>
    SecretBytes Passphrase()
    {
        using var derived = key.Derive(Info);
        var text = new SecretBytes(2 * derived.Length);
        Convert.TryToHexStringLower(derived.Span, text.Span, out _);
        return text;
    }
}
