using BackupRunner.Archive;

namespace BackupRunner.Encryption;

/// <summary>Encrypts and decrypts the archive of one backup, as a stream and in constant memory (docs/FORMAT.md).</summary>
public interface IArchiveCipher
{
    /// <summary>
    /// Whether what comes out of <see cref="Decrypt"/> is proven to be what was encrypted, byte by byte, up to where it got. Otherwise the whole
    /// object must have been verified before anything is done with it.
    /// </summary>
    bool ProvesEveryByte { get; }

    /// <param name="inner">Gets the encrypted bytes; neither completed nor disposed.</param>
    Task<EncryptingStream> Encrypt(Stream inner, CancellationToken cancel);

    /// <summary>
    /// A stream of what was encrypted, to be read asynchronously to its end; the end is reached only when all of it was right. Reading throws
    /// <see cref="RunnerException"/> with exit code 5 when it was not; what <paramref name="stored"/> throws comes through as it is.
    /// </summary>
    /// <param name="stored">The bytes as they are stored; not disposed.</param>
    Task<Stream> Decrypt(Stream stored, CancellationToken cancel);
}

/// <summary>Encrypts what is written to it. <see cref="Complete"/> writes the last of it; disposing without it leaves what can never be decrypted to the end.</summary>
public abstract class EncryptingStream : WriteOnlyStream
{
    public abstract Task Complete(CancellationToken cancel);
}
