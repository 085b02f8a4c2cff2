using System.Security.Cryptography;
using BackupRunner.Keys;

namespace BackupRunner.Webhook.Keys;

/// <summary>A random key as <c>keys generate</c> writes it: 64 hex digits and a line end. Disposing forgets it.</summary>
sealed class NewKey : IDisposable
{
    public NewKey()
    {
        using var key = new KeyEncryptionKey(SecretBytes.Random(KeyEncryptionKey.Bytes));
        Content = GC.AllocateArray<byte>((2 * KeyEncryptionKey.Bytes) + 1, pinned: true);
        Convert.TryToHexStringLower(key.Material, Content, out _);
        Content[^1] = (byte)'\n';
        Id = key.Id;
    }

    public KeyId Id { get; }

    public byte[] Content { get; }

    public void Dispose() => CryptographicOperations.ZeroMemory(Content);

    public override string ToString() => $"key {Id}";
}
