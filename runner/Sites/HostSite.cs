using BackupRunner.Backups;
using BackupRunner.Cluster;
using BackupRunner.Hooks;
using BackupRunner.Names;
using BackupRunner.Reports;
using BackupRunner.Templates;

namespace BackupRunner.Sites;

/// <summary>This host: locks are files of the state folder, and the commands run here.</summary>
/// <param name="series">Null where the run is of none.</param>
public sealed class HostSite(string state, SeriesId? series, IWorkloadShell shell) : IRunSite
{
    readonly List<RunLock> held = [];

    SeriesId Series => series ?? throw new InvalidOperationException("the run is of no series");

    public Middleware? Middleware => null;

    public Task HoldForBackup(BackupId id, string data, CancellationToken cancel)
    {
        Hold(data, $"backup {id}");
        return Task.CompletedTask;
    }

    public Task HoldForCheck(string data, CancellationToken cancel)
    {
        Hold(data, "check");
        return Task.CompletedTask;
    }

    public Task HoldForPrune(CancellationToken cancel)
    {
        held.Add(RunLock.OfSeries(state, Series, "prune"));
        return Task.CompletedTask;
    }

    public Task HoldForRestore(string target, CancellationToken cancel)
    {
        Hold(target, "restore");
        return Task.CompletedTask;
    }

    void Hold(string data, string holder)
    {
        held.Add(RunLock.OfSeries(state, Series, holder));
        held.Add(RunLock.OfData(state, data, holder));
    }

    public void HoldSource(SeriesId source, BackupId id) => held.Add(RunLock.OfSeries(state, source, $"restore of {id}"));

    public bool MayBeAtWork(SeriesId other) => RunLock.IsHeld(state, other);

    public Task<WorkloadSide> Workload(CancellationToken cancel) => Task.FromResult(new WorkloadSide(
        new WorkloadNames(Series.Kind, Series.Name, Series.Namespace, "", "", Series.Claim),
        DataPath: null,
        shell,
        new LocalScriptArchiver(shell),
        shell,
        new FrozenMarkFile(Path.Join(state, "frozen", Series.Path.Replace('/', '+') + ".json"))));

    public Task During(Func<CancellationToken, Task> body, CancellationToken cancel) => body(cancel);

    public Task RequireRestoreShell(CancellationToken cancel) => Task.CompletedTask;

    public void Enter(string phase)
    {
    }

    public void Tell(string progress, int? percent)
    {
    }

    public void Conclude(RunReport report)
    {
    }

    public ValueTask DisposeAsync()
    {
        for (var last = held.Count - 1; last >= 0; last--)
            held[last].Dispose();
        held.Clear();
        return ValueTask.CompletedTask;
    }
}
