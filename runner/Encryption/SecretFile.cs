using BackupRunner.Keys;
using BackupRunner.Reports;

namespace BackupRunner.Encryption;

/// <summary>Reads a file with a key, so that no copy of it stays in memory.</summary>
public static class SecretFile
{
    /// <summary>Reads a file, a pipe or a device.</summary>
    /// <returns>The caller's: at most <paramref name="maxBytes"/> and one, which then says that there are more.</returns>
    /// <exception cref="RunnerException">Exit 2: it cannot be read.</exception>
    public static SecretBytes Read(string path, int maxBytes, string hint)
    {
        using var buffer = new SecretBytes(maxBytes + 1);
        var length = 0;
        try
        {
            // Without a buffer of its own, which nobody would zero.
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            while (length < buffer.Length && file.Read(buffer.Span[length..]) is > 0 and var count)
                length += count;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new RunnerException(ExitCode.Usage, $"cannot read \"{path}\": {failure.Message.TrimEnd('.')}", hint, failure);
        }
        return SecretBytes.CopyOf(buffer.Span[..length]);
    }
}
