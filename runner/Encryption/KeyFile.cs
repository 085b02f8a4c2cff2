using System.Diagnostics.CodeAnalysis;
using BackupRunner.Keys;

namespace BackupRunner.Encryption;

/// <summary>A file with one key, as the fields of a mounted Secret are.</summary>
public static class KeyFile
{
    /// <summary>For content that is no key.</summary>
    public const string Hint = "a key is 32 bytes, raw, in hex or in base64; \"keys generate\" makes one";

    /// <param name="problem">What its content is instead of a key. Never quotes it.</param>
    /// <exception cref="RunnerException">Exit 2: it cannot be read.</exception>
    public static bool TryRead(string path, [NotNullWhen(true)] out KeyEncryptionKey? key, [NotNullWhen(false)] out string? problem)
    {
        using var content = SecretFile.Read(path, KeyEncryptionKey.MaxContentBytes, "the runner's user must be able to read the files with keys");
        if (content.Length <= KeyEncryptionKey.MaxContentBytes)
            return KeyEncryptionKey.TryParse(content.Span, out key, out problem);
        (key, problem) = (null, $"has more than {KeyEncryptionKey.MaxContentBytes} bytes");
        return false;
    }
}
