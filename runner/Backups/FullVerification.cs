using System.Globalization;
using BackupRunner.Hooks;
using BackupRunner.Names;
using BackupRunner.Policy;
using BackupRunner.Reports;
using BackupRunner.Restore;
using BackupRunner.Templates;

namespace BackupRunner.Backups;

/// <summary>Extracts backups into a scratch folder, compares what lies there with the manifest, and has the policy's command look at it.</summary>
/// <param name="shell">Where the command runs.</param>
/// <param name="model">What it sees of a backup, by its folder and its archive's path.</param>
/// <param name="warn">Told what could not be removed.</param>
public sealed class FullVerification(
    ScratchFolder scratch, BackupPolicy policy, IWorkloadShell shell, Func<BackupId, string, string, TemplateModel> model, Action<string> say, Action<string> warn)
{
    const long SpareBytes = 1 << 20;

    /// <summary>Of the file system stays free: a node that is full evicts its pods.</summary>
    public bool OnNode { get; init; }

    /// <returns>Exit 3: the command did not find it good; null: it did, or there is none.</returns>
    /// <exception cref="RunnerException">
    /// Exit 5: not what was stored; 6: the scratch folder cannot take it; 2: the command does not render.
    /// </exception>
    public async Task<RunnerException?> Run(StoredBackup backup, CancellationToken cancel)
    {
        var folder = Path.Join(scratch.Path, backup.Id.Text);
        var archive = Path.Join(folder, BackupKeys.ArchiveName);
        var script = Script(backup.Id, folder, archive);
        RequireRoom(backup);
        scratch.Make(backup.Id);
        try
        {
            // What commands.restore alone can read, the command has to open by itself.
            if (backup.IsFromCommand && policy.Commands.Restore is not null)
                await Copy(backup, archive, cancel);
            else
                await Extract(backup, folder, cancel);
            return script is null ? null : await Ask(script, folder, backup.Id, cancel);
        }
        finally
        {
            Remove(backup.Id);
        }
    }

    ArchiveScript? Script(BackupId id, string folder, string archive)
    {
        var rendering = new Rendering(model(id, folder, archive));
        var command = rendering.Of(PolicyTemplates.Verification, policy.Verification?.Command);
        rendering.ThrowFaults();
        return command is null ? null : new ArchiveScript(PolicyTemplates.Verification, command, archive, policy.Commands.Timeout);
    }

    void RequireRoom(StoredBackup backup)
    {
        var space = scratch.Space();
        var kept = OnNode ? ArchivePlace.Kept(space.TotalBytes) : 0;
        if (space.FreeBytes - kept >= backup.Size.DiskBytes + SpareBytes && (space.Inodes is not { } inodes || inodes >= backup.Size.Inodes))
            return;
        throw new RunnerException(ExitCode.Volume,
            $"too little room in the scratch folder \"{scratch.Path}\": {Needs(backup)}, {Number(space.FreeBytes)} bytes are free"
                + (kept > 0 ? $", of which {Number(kept)} have to stay so that kubelet does not evict this pod" : "") + (space.Inodes is { } left ? $", and {Number(left)} inodes" : ""),
            Elsewhere);
    }

    const string Elsewhere = "make room there, or name another folder with --scratch; --mode checksum needs none";

    static string Needs(StoredBackup backup) => $"backup \"{backup.Id}\" needs {Number(backup.Size.DiskBytes + SpareBytes)} bytes and {Number(backup.Size.Inodes)} inodes";

    async Task Extract(StoredBackup backup, string folder, CancellationToken cancel)
    {
        try
        {
            var extracted = await backup.ExtractInto(folder, cancel);
            if (backup.Size.Expected is not { } expected)
                return;
            var found = scratch.Count(backup.Id, cancel);
            if (expected != extracted.Counts || expected != found)
            {
                throw new RunnerException(ExitCode.Integrity,
                    $"backup \"{backup.Id}\" holds {Shown(extracted.Counts)}, of which {Shown(found)} were extracted, and its manifest says {Shown(expected)}");
            }
        }
        catch (RunnerException full) when (full.ExitCode == ExitCode.Volume)
        {
            throw new RunnerException(ExitCode.Volume, $"{full.Message}; {Needs(backup)}", Elsewhere, full);
        }
    }

    async Task Copy(StoredBackup backup, string archive, CancellationToken cancel)
    {
        say($"{backup.Id} was made by {PolicyTemplates.Backup}: its archive is not extracted, {PolicyTemplates.Verification} finds it at {archive}");
        try
        {
            await using var file = new FileStream(archive, FileMode.CreateNew, FileAccess.Write);
            await backup.CopyTo(file, cancel);
        }
        catch (IOException full)
        {
            throw new RunnerException(ExitCode.Volume, $"cannot write \"{archive}\": {full.Message.TrimEnd('.')}; {Needs(backup)}", Elsewhere, full);
        }
    }

    /// <summary>As every script of the policy, it ends at the first command that fails; what looks at several files would otherwise tell of the last alone.</summary>
    async Task<RunnerException?> Ask(ArchiveScript script, string folder, BackupId id, CancellationToken cancel)
    {
        var text = $"cd '{folder.Replace("'", "'\\''", StringComparison.Ordinal)}'\n{script.Text}";
        var result = await shell.Run(new ShellCommand(script.PolicyPath, text, IsScript: true), script.Timeout, cancel);
        try
        {
            CommandArchive.Check(script, result);
            if (result.StillRunning.Count > 0)
                throw new RunnerException(ExitCode.Command, $"{script.PolicyPath} ended while it still had running: {string.Join(", ", result.StillRunning)}", "have it end what it starts, and wait for that");
        }
        catch (RunnerException failed)
        {
            return new RunnerException(ExitCode.Command, $"backup \"{id}\" is as it was stored, but {failed.Message}", failed.Hint ?? "is it the backup that is not good, or the command", failed);
        }
        say($"{script.PolicyPath} found {id} good");
        return null;
    }

    void Remove(BackupId id)
    {
        try
        {
            scratch.Remove(id);
        }
        catch (RunnerException left)
        {
            warn($"{left.Message}: remove \"{Path.Join(scratch.Path, id.Text)}\" by hand, it holds plain data of the workload");
        }
    }

    static string Shown(RecordedCounts counts) => $"{Number(counts.Entries)} entries, {Number(counts.Files)} files, {Number(counts.Bytes)} bytes";

    static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
