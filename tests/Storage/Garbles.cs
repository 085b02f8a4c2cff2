using BackupRunner.Storage;

namespace BackupRunner.Tests.Storage;

/// <summary>Keeps the last bit wrong of every small object whose key holds a word.</summary>
public sealed class Garbles(IObjectStore inner, string word) : FaultyStore(inner, _ => { })
{
    public override Task<StoredObject> Put(string key, ReadOnlyMemory<byte> content, CancellationToken cancel)
    {
        var kept = content.ToArray();
        if (key.Contains(word, StringComparison.Ordinal))
            kept[^1] ^= 1;
        return base.Put(key, kept, cancel);
    }
}
