using BackupRunner.Cluster;
using BackupRunner.Names;
using BackupRunner.Reports;

namespace BackupRunner.Sites;

/// <summary>
/// Where a run finds its workload: on this host, or in a cluster. It keeps other runs away, and knows how the policy's commands reach the workload.
/// </summary>
public interface IRunSite : IAsyncDisposable
{
    /// <summary>Keeps other backups, restores and prunes of the series away, and other restores of the data, until the site is disposed.</summary>
    /// <exception cref="RunnerException">Exit code 7: another run does that.</exception>
    Task HoldForBackup(BackupId id, string data, CancellationToken cancel);

    /// <summary>As a backup would, leaving no trace.</summary>
    /// <inheritdoc cref="HoldForBackup"/>
    Task HoldForCheck(string data, CancellationToken cancel);

    /// <inheritdoc cref="HoldForBackup"/>
    Task HoldForPrune(CancellationToken cancel);

    /// <inheritdoc cref="HoldForBackup"/>
    Task HoldForRestore(string target, CancellationToken cancel);

    /// <summary>Keeps prunes of the series that a restore reads away, where they can run here.</summary>
    /// <exception cref="RunnerException">Exit code 7: another run holds it.</exception>
    void HoldSource(SeriesId source, BackupId id);

    /// <summary>Whether a run of another series may be at work on what it has not finished.</summary>
    bool MayBeAtWork(SeriesId other);

    /// <summary>The workload as it is now.</summary>
    /// <exception cref="RunnerException">Exit code 3: it is not there to run commands in, and the policy has some.</exception>
    Task<WorkloadSide> Workload(CancellationToken cancel);

    /// <summary>
    /// Runs what needs the hold. Its token also ends when the hold is lost or the run must make way for the workload; then that reason is thrown.
    /// </summary>
    Task During(Func<CancellationToken, Task> body, CancellationToken cancel);

    /// <summary>What stops and starts the program that uses the data; null: the user does.</summary>
    Middleware? Middleware { get; }

    /// <summary>That <c>commands.restore</c> has where to run.</summary>
    /// <exception cref="RunnerException">Exit code 2: it has not.</exception>
    Task RequireRestoreShell(CancellationToken cancel);

    /// <summary>Where the run has come to, for whoever looks at it from outside.</summary>
    void Enter(string phase);

    /// <summary>How far the run is, in its log's words.</summary>
    /// <param name="percent">Of the whole, 0 to 99; null: the whole is not known.</param>
    void Tell(string progress, int? percent);

    /// <summary>The last word of the run.</summary>
    void Conclude(RunReport report);
}
