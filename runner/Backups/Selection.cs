using BackupRunner.Names;
using BackupRunner.Reports;

namespace BackupRunner.Backups;

/// <summary>Which backup the user asked for: exactly one of the three is set.</summary>
public sealed record Selection
{
    const string NotFound = "\"list\" shows what there is; what another folder or workload stored is restored with --workload KIND/NAME, as the list names it";

    public BackupId? Id { get; init; }

    public DateTimeOffset? Before { get; init; }

    public bool Latest { get; init; }

    /// <summary>
    /// Chooses among the backups of one series. An id is taken or refused, never replaced by another; <see cref="Before"/> and
    /// <see cref="Latest"/> take the newest complete one, by start.
    /// </summary>
    /// <exception cref="RunnerException">Exit 2: nothing found; 4 or 5: a newer one could not be read. Otherwise the chosen backup's own problem.</exception>
    public Chosen Choose(IReadOnlyCollection<CatalogEntry> series, string where)
    {
        if (Id is not null)
        {
            var asked = series.FirstOrDefault(entry => entry.Keys.Id == Id)
                ?? throw new RunnerException(ExitCode.Usage, $"there is no backup \"{Id}\" of {where}", NotFound);
            return asked.Complete ? new Chosen(asked, []) : throw asked.Problem!;
        }
        var newestFirst = series
            .Where(entry => entry.HasManifest && (Before is null || TimeOf(entry) <= Before))
            .OrderByDescending(TimeOf)
            .ToList();
        var at = newestFirst.FindIndex(entry => entry.Complete);
        // Damaged is for certain, and will be tomorrow. What could not be read now, or not without another key, may be the good backup that was asked for.
        if (newestFirst.Take(at < 0 ? newestFirst.Count : at).FirstOrDefault(entry => entry.Status is BackupStatus.Unreadable or BackupStatus.Locked) is { } unread)
        {
            throw new RunnerException(
                unread.Problem!.ExitCode, $"backup \"{unread.Keys.Id}\", which may be the one, cannot be read: {unread.Problem.Message}",
                (unread.Problem.Hint is { } hint ? hint + "; or name" : "run again, or name") + (at < 0 ? " another one with --backup; \"list\" shows them" : $" the newest that is proven with --backup {newestFirst[at].Keys.Id}"), unread.Problem);
        }
        if (at < 0)
        {
            var damaged = newestFirst.Count == 0 ? "" : $" that can be restored ({newestFirst.Count} refused: {newestFirst[0].Problem!.Message}{Then(newestFirst[0].Problem!.Hint)})";
            throw new RunnerException(
                ExitCode.Usage, $"there is no backup of {where}{(Before is { } time ? $" from before {time:O}" : "")}{damaged}", NotFound);
        }
        return new Chosen(newestFirst[at], [.. newestFirst.Take(at).Select(skipped => $"skipped a newer backup: {skipped.Problem!.Message}")]);
    }

    static string Then(string? hint) => hint is null ? "" : "; " + hint;

    static DateTimeOffset TimeOf(CatalogEntry entry) => entry.Complete ? entry.Manifest!.Start : entry.Keys.Id.Time;
}

/// <param name="Warnings">Newer backups that were passed over, and why.</param>
public sealed record Chosen(CatalogEntry Entry, IReadOnlyList<string> Warnings);
