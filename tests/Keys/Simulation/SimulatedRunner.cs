using BackupRunner.Backups;
using BackupRunner.Keys;
using BackupRunner.Names;

namespace BackupRunner.Tests.Keys.Simulation;

/// <summary>
/// Runs as DESIGN orders them: the ring is read from the mount, the wrap stored at the beginning, the manifest hours later; then retention, then the rewrap of older
/// backups: put, read back, delete. Each step may be the last. The time between reading which key is current and storing a wrap by it is bounded, also in a rewrap,
/// which reads the ring anew for each backup.
/// </summary>
sealed class SimulatedRunner(Timeline time, Trouble trouble)
{
    /// <summary>How long a run may hold what it read before the wrap is stored.</summary>
    const double LongestMinutesToWrap = 7.5;

    public int Completed { get; private set; }

    public int Rewrapped { get; private set; }

    public void BackUp(SimulatedSeries series)
    {
        var ring = series.Policy.Mount.Mounted();
        if (series.IsLeased || ring?.Current is not { } key)
            return;
        series.IsLeased = true;
        time.In(time.Minutes(0, LongestMinutesToWrap), () => StoreWrap(series, key));
    }

    /// <summary>The verb <c>keys rewrap</c>.</summary>
    public void RewrapAll(SimulatedSeries series)
    {
        if (series.IsLeased)
            return;
        series.IsLeased = true;
        Rewrap(series, series.Policy.Told, Older(series, series.Policy.Told), quick: time.Chance(0.5));
    }

    DateTimeOffset Clock => time.Time + (time.Chance(trouble.RunnerClocks) ? time.Days(-20, 20) : TimeSpan.Zero);

    static Queue<SimulatedBackup> Older(SimulatedSeries series, SimulatedLocation location) => new(location.Backups.Where(backup => backup.IsComplete && backup.Series == series));

    void StoreWrap(SimulatedSeries series, KeyId key)
    {
        var location = series.Policy.Told;
        series.IsLeased = location.IsWritable;
        if (!location.IsWritable)
            return;
        var start = Clock;
        var backup = new SimulatedBackup(series, location, new KeptBackup(BackupId.New(start, BitConverter.GetBytes(time.Number(int.MaxValue))), start), key);
        location.Backups.Add(backup);
        var takes = time.Chance(0.1) ? time.Hours(1, 100) : time.Hours(0.01, 5);
        if (time.Chance(trouble.Kills))
            time.In(takes, () => Killed(backup, location));
        else
            time.In(takes, () => Complete(backup, location));
    }

    /// <summary>Nobody removes what it stored before the sweep, a day later.</summary>
    void Killed(SimulatedBackup backup, SimulatedLocation location)
    {
        backup.Series.IsLeased = false;
        time.In(time.Days(1, 3), () => location.Backups.Remove(backup));
    }

    void Complete(SimulatedBackup backup, SimulatedLocation location)
    {
        if (time.Chance(trouble.Failures) || !location.IsWritable)
        {
            Killed(backup, location);
            return;
        }
        backup.Complete();
        Completed++;
        Prune(backup.Series.Policy, location, Older(backup.Series, location));
        Rewrap(backup.Series, location, Older(backup.Series, location), quick: false);
    }

    void Prune(SimulatedPolicy policy, SimulatedLocation location, IEnumerable<SimulatedBackup> complete)
    {
        var expired = Retention.Expired(complete.Select(backup => backup.Kept), policy.KeepCount, policy.RemoteRetention, Clock).Select(gone => gone.Backup).ToHashSet();
        location.Backups.RemoveAll(backup => backup.IsComplete && expired.Contains(backup.Kept));
    }

    void Rewrap(SimulatedSeries series, SimulatedLocation location, Queue<SimulatedBackup> left, bool quick)
    {
        while (left.TryDequeue(out var backup))
        {
            var read = series.Policy.Mount.Mounted();
            if (read?.Current is not { } key || (backup.Wraps.Count == 1 && backup.Wraps.Contains(key)) || !backup.Wraps.Any(read.Ids.Contains))
                continue;
            var old = backup.Wraps.Where(id => id != key).OrderBy(id => id.Text, StringComparer.Ordinal).ToList();
            time.In(quick ? time.Minutes(0, 0.2) : time.Minutes(0, LongestMinutesToWrap), () => Put(backup, key, old));
            return;
        }
        series.IsLeased = false;

        void Put(SimulatedBackup backup, KeyId key, List<KeyId> old)
        {
            if (!location.IsWritable)
            {
                series.IsLeased = false;
                return;
            }
            backup.Put(key);
            if (time.Chance(trouble.Kills))
                series.IsLeased = false;
            else
                time.In(quick ? TimeSpan.Zero : time.Minutes(0, 60), () => Delete(backup, old));
        }

        void Delete(SimulatedBackup backup, List<KeyId> old)
        {
            foreach (var id in old.Where(_ => location.IsWritable))
            {
                if (time.Chance(trouble.Kills))
                {
                    series.IsLeased = false;
                    return;
                }
                backup.Delete(id);
            }
            Rewrapped++;
            Rewrap(series, location, left, quick);
        }
    }
}
