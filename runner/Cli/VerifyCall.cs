using BackupRunner.Backups;
using BackupRunner.Cluster;
using BackupRunner.Hooks;
using BackupRunner.Names;
using BackupRunner.Policy;
using BackupRunner.Reports;
using BackupRunner.Restore;

namespace BackupRunner.Cli;

/// <summary>One call of <c>verify</c>: finds the backups and proves each of them; one that is not good does not keep the others from being looked at.</summary>
sealed class VerifyCall(RunContext run, VerifyFlags flags)
{
    /// <summary>What a backup is called that the policy's command did not find good.</summary>
    const string Unhealthy = "unhealthy";

    readonly List<RunnerException> failures = [];

    RunSetup Setup => run.Setup;

    public async Task Verify(CancellationToken cancel)
    {
        var mode = flags.Mode ?? Setup.Policy.Verification?.Mode ?? VerificationMode.Checksum;
        run.Verification = PolicyWords.Of(mode);
        if (mode == VerificationMode.Full)
            await InFull(cancel);
        else if (flags.Scratch is not null || flags.InContainer)
            throw new RunnerException(ExitCode.Usage, "--scratch and --in-container are for --mode full: a checksum needs no folder", "add --mode full");
        else
            await Each(Checksum, cancel);

        async Task<RunnerException?> Checksum(StoredBackup backup)
        {
            await backup.Verify(cancel);
            return null;
        }
    }

    async Task InFull(CancellationToken cancel)
    {
        var path = RequiredScratch();
        var (policy, local) = (Setup.Policy, new LocalShell(Redaction.Of(run.Host.Variables), run.Log.Say, run.Host.Time));
        if (flags is { InContainer: true, All: true })
            throw new RunnerException(ExitCode.Usage, "--in-container takes one backup, and --all is many: the container ends with its script", "name one of --backup ID, --before TIME, or --latest");
        if (policy is { Verification.Command: not null, Commands.RunIn: RunIn.Workload } && !flags.InContainer)
        {
            throw new RunnerException(ExitCode.Usage, $"backup.commands.runIn is \"workload\", and {PolicyTemplates.Verification} would run here",
                "--in-container runs it in the second container of a pod; \"runner\" runs it here");
        }
        using var scratch = ScratchFolder.Open(path, flags.InContainer);
        await using var container = flags.InContainer
            ? new RestoreContainerShell(Path.Join(Path.GetDirectoryName(Setup.ArchivePath), RestoreContainer.Folder), run.Log.Say, run.Host.Time) { Script = PolicyTemplates.Verification }
            : null;
        if (container is not null)
        {
            await container.Begin(cancel);
            await container.RequireWaiting(cancel);
        }
        var verification = new FullVerification(scratch, policy, container ?? (IWorkloadShell)local, Setup.ScratchModel, run.Log.Say, run.Log.Warn) { OnNode = flags.InContainer };
        await Each(backup => verification.Run(backup, cancel), cancel);
    }

    string RequiredScratch()
    {
        if (flags.Scratch is not { } given)
            throw new RunnerException(ExitCode.Usage, "the folder to extract into is not said", "name an empty one with --scratch; --mode checksum needs none");
        var path = FolderSeries.RealPathOf(RunOptions.NotEmpty("--scratch", given));
        foreach (var (what, other) in new (string, string?)[] { ("the store", Setup.StorePath), ("the data", Setup.Data), ("the key ring", Setup.KeysPath) })
        {
            if (other is not null && (DataFolder.IsInside(path, other) || DataFolder.IsInside(other, path)))
                throw new RunnerException(ExitCode.Usage, $"the scratch folder \"{path}\" and {what} \"{other}\" are inside one another: what is extracted is removed again", "name one elsewhere");
        }
        return path;
    }

    /// <param name="prove">Throws where a backup is not as it was stored; gives what the policy's command has against it.</param>
    async Task Each(Func<StoredBackup, Task<RunnerException?>> prove, CancellationToken cancel)
    {
        var series = Setup.RequiredSeries;
        var selection = flags.All ? null : run.Selection("--all");
        var entries = await run.Catalog.OfSeries(series, cancel).ToListAsync(cancel);
        if (selection is not null)
        {
            var chosen = selection.Choose(entries, series.ToString());
            foreach (var warning in chosen.Warnings)
                run.Log.Warn(warning);
            entries = [chosen.Entry];
        }
        else if (!entries.Exists(entry => entry.HasManifest))
        {
            throw new RunnerException(ExitCode.Usage, $"there is no backup of {series}", "\"list\" shows what there is");
        }
        foreach (var entry in entries.Where(entry => entry.HasManifest))
            await VerifyOne(entry, prove, cancel);
        ThrowFailures();
    }

    void ThrowFailures()
    {
        if (failures.Count == 1)
            throw failures[0];
        if (failures.Count > 1)
        {
            throw new RunnerException(
                failures[0].ExitCode,
                $"{failures.Count} backups {(failures.TrueForAll(failure => failure.ExitCode == ExitCode.Integrity) ? "are not as they were stored" : "could not be verified")}:\n  {string.Join("\n  ", failures.Select(failure => failure.Message))}",
                failures[0].Hint);
        }
    }

    async Task VerifyOne(CatalogEntry entry, Func<StoredBackup, Task<RunnerException?>> prove, CancellationToken cancel)
    {
        RunnerException? unhealthy = null;
        try
        {
            if (entry.Problem is not null)
                throw entry.Problem;
            run.Progress.Begin($"verifying {entry.Keys.Id}", entry.Manifest!.Archive.TarBytes);
            using var backup = await StoredBackup.Open(Setup.Store, entry, run.Trust, owner: null, run.Watch, cancel);
            unhealthy = await prove(backup);
            if (await backup.ChecksumProblem(cancel) is { } problem)
                throw new RunnerException(ExitCode.Integrity, problem, "the manifest and the data agree: the backup can be restored");
            if (unhealthy is not null)
                throw unhealthy;
            run.Backups.Add(Reported.Of(entry.Manifest));
        }
        catch (RunnerException failure)
        {
            var removed = await Removed(entry, failure, cancel);
            failures.Add(removed ?? failure);
            var result = removed is not null ? Word(BackupStatus.Unreadable) : failure == unhealthy ? Unhealthy : ResultOf(entry, failure);
            run.Backups.Add(entry.Manifest is { } manifest
                ? Reported.Of(manifest, result, failures[^1].Message)
                : new ReportedBackup(entry.Keys.Id.Text, result, null, null, entry.StoredBytes, Problem: failures[^1].Message));
        }
    }

    /// <summary>The manifest goes first when a backup is removed: without it the rest is no backup any more, and cannot be a damaged one.</summary>
    /// <returns>Null: it is there, or the store does not say.</returns>
    async Task<RunnerException?> Removed(CatalogEntry entry, RunnerException failure, CancellationToken cancel)
    {
        if (failure.ExitCode is not (ExitCode.Integrity or ExitCode.Storage))
            return null;
        try
        {
            return await Setup.Store.Head(entry.Keys.Manifest, cancel) is not null ? null : new RunnerException(
                ExitCode.Storage, $"backup \"{entry.Keys.Id}\" was removed while it was being read", "retention removes old ones; verify again, or another one: \"list\" shows them", failure);
        }
        catch (RunnerException)
        {
            return null;
        }
    }

    static string ResultOf(CatalogEntry entry, RunnerException failure) => failure.ExitCode switch
    {
        _ when !entry.Complete => Word(entry.Status),
        ExitCode.Usage => Word(BackupStatus.Locked),
        ExitCode.Command or ExitCode.Storage or ExitCode.Volume => Word(BackupStatus.Unreadable),
        _ => Word(BackupStatus.Damaged),
    };

    static string Word(BackupStatus status) => status.ToString().ToLowerInvariant();
}
