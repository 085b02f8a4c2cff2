using BackupRunner.Names;
using BackupRunner.Webhook.Reconcile;

namespace BackupRunner.Webhook.Backups;

/// <summary>What has to be done so that the Backups of one claim are what its store holds.</summary>
public abstract record CatalogChange
{
    CatalogChange()
    {
    }

    /// <summary>A stored backup that no Backup names.</summary>
    public sealed record Add(ClaimBackup Backup) : CatalogChange;

    /// <summary>A record that was made, and whose status was not written.</summary>
    public sealed record Fill(BackupObject Record, ClaimBackup Backup) : CatalogChange;

    /// <summary>A backup of this claim that the store does not hold any more, among others that it does.</summary>
    public sealed record Mark(BackupObject Backup) : CatalogChange;

    /// <summary>The store holds nothing of what it stands for.</summary>
    public sealed record Remove(BackupObject Backup) : CatalogChange;

    /// <param name="known">Every Backup that is of the claim.</param>
    /// <param name="report">Of the last run that held the claim's Lease.</param>
    /// <param name="running">A Backup of the claim is not over: what the last run made may be its own to tell.</param>
    public static IReadOnlyList<CatalogChange> Of(string claim, IReadOnlyList<BackupObject> known, LeaseReport report, bool running)
    {
        var changes = new List<CatalogChange>();
        var named = known.SelectMany(backup => backup.Status.Claims).Where(one => one.Claim == claim).Select(one => one.Id).Concat(known.Select(backup => backup.Record?.Id)).OfType<string>().ToHashSet(StringComparer.Ordinal);
        foreach (var stored in Stored(claim, report))
        {
            if (!named.Contains(stored.Id!) && !(running && stored.Id == report.Made?.Id))
                changes.Add(new Add(stored));
            else if (known.FirstOrDefault(backup => backup.Record?.Id == stored.Id && !backup.Status.IsOver) is { } empty)
                changes.Add(new Fill(empty, stored));
        }
        if (report.Retained is { } retained)
            changes.AddRange(known.Select(backup => Gone(claim, backup, retained, report.End)).OfType<CatalogChange>());
        return changes;
    }

    static IEnumerable<ClaimBackup> Stored(string claim, LeaseReport report)
    {
        if (report.Made is { } made && report.Retained?.Lacks(BackupId.Parse(made.Id)!, report.End) != true)
        {
            yield return new()
            {
                Claim = claim,
                Phase = BackupPhase.Succeeded,
                Id = made.Id,
                Started = made.Start,
                Completed = made.End,
                Files = made.Files,
                Bytes = made.Bytes,
                StoredBytes = made.StoredBytes,
                KeyId = made.KeyId,
                Warnings = made.Warnings,
                FirstWarning = made.FirstWarning,
                ExitCode = 0,
            };
        }
        foreach (var stored in (report.Retained?.Newest ?? []).Where(stored => stored.Id != report.Made?.Id))
            yield return new() { Claim = claim, Phase = BackupPhase.Succeeded, Id = stored.Id, Started = BackupId.Parse(stored.Id)!.Time, Files = stored.Files, Bytes = stored.Bytes, StoredBytes = stored.StoredBytes, KeyId = stored.KeyId };
    }

    static CatalogChange? Gone(string claim, BackupObject backup, RetainedBackups retained, DateTimeOffset listed)
    {
        bool Lacks(string? id) => id is not null && BackupId.Parse(id) is { } parsed && retained.Lacks(parsed, listed);
        if (backup.IsBeingDeleted)
            return null;
        if (backup.Record?.Id is { } recorded)
            return Lacks(recorded) ? new Remove(backup) : null;
        if (!backup.Status.IsOver || backup.Status.Claims.FirstOrDefault(one => one.Claim == claim) is not { IsGone: false } here || !Lacks(here.Id)
            // One that waited for its Lease has an id from before it had begun: what ended after the listing is not in it.
            || here.Completed is not { } done || done > listed)
            return null;
        return backup.Status.Claims.All(one => one.Claim == claim || one.IsGone || one.Id is null) ? new Remove(backup) : new Mark(backup);
    }
}
