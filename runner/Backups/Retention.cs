using BackupRunner.Names;

namespace BackupRunner.Backups;

/// <summary>A complete backup, as far as retention must know it.</summary>
public sealed record KeptBackup(BackupId Id, DateTimeOffset Start);

/// <param name="Reason">For the user: which rule lets it go.</param>
public sealed record ExpiredBackup(KeptBackup Backup, string Reason);

public static class Retention
{
    /// <summary>
    /// Of the complete backups of one series, newest first by start, the newest <paramref name="keepCount"/> stay; of the others, those older
    /// than <paramref name="remoteRetention"/> go. A start in the future counts as <paramref name="now"/>: a clock that was wrong once must
    /// neither make a backup immortal nor push good ones out before their time.
    /// </summary>
    public static IReadOnlyList<ExpiredBackup> Expired(
        IEnumerable<KeptBackup> backups, int keepCount, TimeSpan remoteRetention, DateTimeOffset now)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(keepCount, 1);
        DateTimeOffset Start(KeptBackup backup) => backup.Start < now ? backup.Start : now;
        return [.. backups
            .OrderByDescending(Start)
            .ThenByDescending(backup => backup.Id.Text, StringComparer.Ordinal)
            .Skip(keepCount)
            .Where(backup => now - Start(backup) > remoteRetention)
            .Select(backup => new ExpiredBackup(backup, $"older than {remoteRetention.TotalDays:0.##}d and not among the newest {keepCount}"))];
    }
}
