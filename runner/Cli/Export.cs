using BackupRunner.Backups;
using BackupRunner.Reports;

namespace BackupRunner.Cli;

/// <summary>Writes the archive of a backup, decrypted, to a file, which appears only when all of it was verified.</summary>
sealed class Export(RunContext run, ManifestTrust trust, bool allowOtherTarget)
{
    const string PartialSuffix = ".partial";

    /// <returns>What was done, for the user.</returns>
    public async Task<IReadOnlyList<string>> To(string file, CancellationToken cancel)
    {
        var setup = run.Setup;
        var selection = run.Selection("for the backup");
        var partial = file + PartialSuffix;
        if (Path.Exists(file))
            throw new RunnerException(ExitCode.Usage, $"\"{file}\" is there already", "name another file with --export");
        var chosen = await new BackupFinder(new BackupCatalog(setup.Store, setup.Prefix, trust), allowOtherTarget).Find(setup.RequiredSeries, selection, cancel);
        foreach (var warning in chosen.Warnings)
            run.Log.Warn(warning);
        using var backup = await StoredBackup.Open(setup.Store, chosen.Entry, trust, owner: null, run.Watch, cancel);
        try
        {
            await using (var target = new FileStream(partial, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite, Options = FileOptions.Asynchronous }))
            {
                await backup.CopyTo(target, cancel);
                target.Flush(flushToDisk: true);
            }
            File.Move(partial, file, overwrite: false);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            File.Delete(partial);
            throw new RunnerException(ExitCode.Volume, $"cannot write \"{file}\": {failure.Message.TrimEnd('.')}", "name a file in a folder that is there and has room", failure);
        }
        catch
        {
            File.Delete(partial);
            throw;
        }
        run.Backups.Add(Reported.Of(backup.Manifest));
        return [$"exported {backup.Id} to {file}"];
    }
}
