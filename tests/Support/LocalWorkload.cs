using BackupRunner.Hooks;
using BackupRunner.Sites;
using BackupRunner.Templates;

namespace BackupRunner.Tests.Support;

/// <summary>A workload of this host.</summary>
static class LocalWorkload
{
    public static WorkloadSide Of(IWorkloadShell shell, IFrozenMark mark) =>
        new(new WorkloadNames("folder", "docs", "local", "", "", "data"), DataPath: null, shell, new LocalScriptArchiver(shell), shell, mark);
}
