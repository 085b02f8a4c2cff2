using BackupRunner.Keys;
using BackupRunner.Names;
using BackupRunner.Storage;

namespace BackupRunner.Backups;

/// <summary>All that lies under the id of one backup, as the store lists it.</summary>
/// <param name="Objects">At least one, in the order of their keys.</param>
public sealed record BackupObjects(BackupKeys Keys, IReadOnlyList<StoredObject> Objects)
{
    public bool HasManifest => Find(Keys.Manifest) is not null;

    public StoredObject? Find(string key) => Objects.FirstOrDefault(stored => stored.Key == key);

    /// <summary>As the listing tells it, whatever its manifest says.</summary>
    public bool IsEncrypted => Objects.Any(stored => NameOf(stored) is var name && (name == BackupKeys.MacName || name.StartsWith(BackupKeys.WrapFolder, StringComparison.Ordinal)));

    /// <summary>Relative to the backup's folder.</summary>
    public string NameOf(StoredObject stored) => stored.Key[Keys.Folder.Length..];

    /// <summary>Wraps of the data key by keys of rings; the recovery wrap is none of them.</summary>
    public IEnumerable<(KeyId Id, StoredObject Wrap)> Wraps() =>
        from stored in Objects
        let id = BackupKeys.WrapId(NameOf(stored))
        where id is not null
        select (id, stored);
}
