using BackupRunner.Encryption;
using BackupRunner.Keys;
using BackupRunner.Names;
using BackupRunner.Reports;
using BackupRunner.Storage;

namespace BackupRunner.Backups;

/// <summary>
/// Which keys of rings the backups in a store still need: by a listing of all that lies below a prefix, of every cluster and series, and of runs that
/// are not complete. Nothing is read but names, so that no damaged backup hides the key that it needs.
/// </summary>
public static class KeysInUse
{
    /// <param name="ring">Null: it is not known which keys there are.</param>
    /// <param name="below">Folders below the prefix, such as <c>cluster/namespace</c>; none: everything there.</param>
    /// <param name="begun">When the listing begins.</param>
    /// <exception cref="RunnerException">Exit 4: not all of it could be listed, so nothing is known.</exception>
    public static async Task<ReportedAudit> Audit(IObjectStore store, string prefix, KeyRing? ring, IReadOnlyCollection<string> below, DateTimeOffset begun, CancellationToken cancel)
    {
        var backups = 0L;
        var wraps = new SortedDictionary<string, long>(StringComparer.Ordinal);
        var folders = below.DefaultIfEmpty("").Select(BackupKeys.Root).Distinct().ToList();
        foreach (var folder in folders.Where(folder => !folders.Exists(above => above != folder && folder.StartsWith(above, StringComparison.Ordinal))))
        {
            await foreach (var stored in store.List(BackupKeys.Root(prefix) + folder, cancel))
            {
                if (BackupKeys.Parse(prefix, stored.Key)?.File == BackupKeys.ManifestName)
                    backups++;
                if (BackupKeys.WrapIdOfKey(stored.Key) is { } id)
                    wraps[id.Text] = wraps.GetValueOrDefault(id.Text) + 1;
            }
        }
        return new ReportedAudit(begun, prefix, backups, [.. wraps.Select(wrap => new ReportedKey(wrap.Key, wrap.Value, StateOf(ring, wrap.Key)))]);
    }

    static string? StateOf(KeyRing? ring, string id) =>
        ring is null ? null
        : ring.Current.Id.Text == id ? ReportedKey.Current
        : ring.Find(KeyId.Parse(id)!) is not null ? ReportedKey.Present
        : ReportedKey.Missing;
}
