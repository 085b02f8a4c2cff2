using BackupRunner.Hooks;
using BackupRunner.Names;
using BackupRunner.Reports;

namespace BackupRunner.Cluster;

/// <summary>For a workload without a pod: it takes no command.</summary>
sealed class NoPodShell(SeriesId series) : IWorkloadShell
{
    public Task<ShellResult> Run(ShellCommand command, TimeSpan timeout, CancellationToken cancel) => throw Refusal(command);

    public Task<IHeldCommand> Hold(ShellCommand command, string signal, CancellationToken cancel) => throw Refusal(command);

    RunnerException Refusal(ShellCommand command) => new(
        ExitCode.Command, $"{command.PolicyPath} has no pod to run in: none of {series.Kind} \"{series.Name}\" with claim \"{series.Claim}\" runs", "start the workload");
}
