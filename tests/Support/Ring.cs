using System.Security.Cryptography;
using BackupRunner.Backups;
using BackupRunner.Encryption;
using BackupRunner.Keys;
using BackupRunner.Policy;

namespace BackupRunner.Tests.Support;

/// <summary>A mounted key Secret: <c>key</c> is the current key, <c>key-ID</c> each of the others.</summary>
public sealed class Ring
{
    public Ring(string path)
    {
        Directory.CreateDirectory(path);
        Path = path;
        Current = Write("key", RandomNumberGenerator.GetBytes(32));
    }

    public string Path { get; }

    public string Current { get; private set; }

    /// <summary>A new key becomes the current one; the old one stays.</summary>
    public void Exchange()
    {
        File.Move(System.IO.Path.Join(Path, "key"), System.IO.Path.Join(Path, "key-" + Current));
        Current = Write("key", RandomNumberGenerator.GetBytes(32));
    }

    public void Forget(string id) => File.Delete(System.IO.Path.Join(Path, "key-" + id));

    /// <summary>As a policy that encrypts, with no recovery key.</summary>
    public BackupEncryption Encryption => new(EncryptionAlgorithm.Aes256Gcm, Read, Recovery: null);

    public KeyRing Read() => KeyRing.Open(Path, "key");

    string Write(string field, byte[] key)
    {
        File.WriteAllText(System.IO.Path.Join(Path, field), Convert.ToHexStringLower(key) + "\n");
        return KeyId.Of(key).Text;
    }
}
