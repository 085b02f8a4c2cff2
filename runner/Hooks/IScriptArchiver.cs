namespace BackupRunner.Hooks;

/// <summary>Runs <c>commands.backup</c> where the policy wants it, and takes the archive that it leaves there.</summary>
public interface IScriptArchiver
{
    /// <summary>Runs the script, writes all of its archive to <paramref name="to"/> and removes it there, also when anything fails.</summary>
    /// <param name="dataBytes">What the data uses: that much must be free beside the archive.</param>
    /// <exception cref="RunnerException">Exit code 3: no place, a script that failed or took too long, no archive, or another than its checksum
    /// says. Exit code 7: another run uses the path. What <paramref name="to"/> throws comes through.</exception>
    Task Archive(ArchiveScript script, long dataBytes, Stream to, CancellationToken cancel);
}

/// <summary>On this host.</summary>
public sealed class LocalScriptArchiver(IWorkloadShell shell) : IScriptArchiver
{
    public async Task Archive(ArchiveScript script, long dataBytes, Stream to, CancellationToken cancel)
    {
        await using var made = await CommandArchive.Create(shell, script, dataBytes, cancel);
        await made.Content.CopyToAsync(to, cancel);
    }
}
