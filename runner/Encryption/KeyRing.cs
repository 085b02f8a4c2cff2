using BackupRunner.Keys;
using BackupRunner.Names;
using BackupRunner.Reports;

namespace BackupRunner.Encryption;

/// <summary>The keys of a mounted Secret, read once, all from the same state of it. Disposing forgets them.</summary>
public sealed class KeyRing : IDataKeyUnwrapper, IDisposable
{
    const int ShownIds = 5;

    readonly KeyRingFolder folder;
    readonly Dictionary<KeyId, KeyEncryptionKey> keys = [];
    readonly List<string> problems = [];

    KeyRing(KeyRingFolder folder, KeyEncryptionKey current)
    {
        this.folder = folder;
        Current = current;
        keys.Add(current.Id, current);
    }

    /// <summary>What new backups are encrypted with.</summary>
    public KeyEncryptionKey Current { get; }

    /// <summary>Of all keys, the current one first.</summary>
    public IReadOnlyList<KeyId> Ids => [Current.Id, .. keys.Keys.Where(id => id != Current.Id).OrderBy(id => id.Text, StringComparer.Ordinal)];

    /// <summary>What is wrong with other keys than the current one, which count as absent then.</summary>
    public IReadOnlyList<string> Problems => problems;

    /// <param name="path">The folder that the Secret is mounted at, <c>--keys</c>.</param>
    /// <param name="keyField">The policy's; the field of the current key.</param>
    /// <exception cref="RunnerException">Exit 2: there is no such folder, or it cannot be read. Exit 5: it has no current key.</exception>
    public static KeyRing Open(string path, string keyField) => new KeyRingFolder(path, keyField).ReadWhole(Read);

    /// <returns>The ring's; null when it has no such key.</returns>
    public KeyEncryptionKey? Find(KeyId id) => keys.GetValueOrDefault(id);

    public bool Fits(string file) => BackupKeys.WrapId(file) is { } id && keys.ContainsKey(id);

    public DataKey? Unwrap(WrappedKey wrapped) => wrapped.KeyId is { } id && Find(id) is { } key ? KeyWrap.Unwrap(key, wrapped.Wrapped.Span) : null;

    public RunnerException Missing(BackupKeys keys, IReadOnlyList<KeyId> needed)
    {
        if (needed.Count == 0)
            return new RunnerException(ExitCode.Integrity, $"backup \"{keys.Id}\" has no wrapped key that a key ring could unwrap", "\"keys recover\" needs only its recovery wrap, if it has one");
        var shown = needed.Take(ShownIds).ToList();
        var fields = string.Join(" or ", shown.Select(id => $"\"{KeyFields.Other(folder.KeyField, id)}\""));
        var more = needed.Count > ShownIds ? $" or {needed.Count - ShownIds} others" : "";
        var found = problems.Count == 0 ? "" : $" ({string.Join("; ", problems)})";
        return new RunnerException(
            ExitCode.Integrity, $"backup \"{keys.Id}\" needs the key {string.Join(" or ", shown)}{more}, and the key ring \"{folder.Path}\" has {string.Join(", ", Ids)}{found}",
            $"add it to the Secret as the field {fields}; without it, \"keys recover\" works with the recovery key");
    }

    public RunnerException Refused(BackupKeys keys, WrappedKey wrapped) => new(
        ExitCode.Integrity, $"\"{keys.Folder}{wrapped.File}\" was altered or damaged: it does not unwrap with the key {wrapped.KeyId}",
        "another object in keys/ may still unwrap the backup's key; otherwise restore another backup, \"list\" shows them");

    public void Dispose()
    {
        foreach (var key in keys.Values)
            key.Dispose();
    }

    static KeyRing Read(KeyRingFolder folder, string directory)
    {
        var ring = new KeyRing(folder, folder.ReadCurrent(directory));
        try
        {
            foreach (var id in folder.OtherIds(directory).Where(id => id != ring.Current.Id))
                ring.Add(id, directory);
            return ring;
        }
        catch
        {
            ring.Dispose();
            throw;
        }
    }

    void Add(KeyId id, string directory)
    {
        if (folder.ReadOther(directory, id, out var problem) is { } key)
            keys.Add(id, key);
        else
            problems.Add(problem!);
    }
}
