using BackupRunner.Hooks;
using BackupRunner.Templates;

namespace BackupRunner.Sites;

/// <summary>The workload as a run meets it.</summary>
/// <param name="Names">What templates see of it.</param>
/// <param name="DataPath">Where the workload itself has the data; null: where the run has it.</param>
/// <param name="Shell">Where consistency, freeze and health commands run.</param>
/// <param name="Archiver">What runs <c>commands.backup</c>.</param>
/// <param name="RestoreShell">Where <c>commands.restore</c> runs.</param>
/// <param name="FrozenMark">Remembers that the workload may be frozen.</param>
public sealed record WorkloadSide(
    WorkloadNames Names, string? DataPath, IWorkloadShell Shell, IScriptArchiver Archiver, IWorkloadShell RestoreShell, IFrozenMark FrozenMark);
