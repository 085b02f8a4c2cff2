using System.Security.Cryptography;
using BackupRunner.Archive;
using BackupRunner.Backups;
using BackupRunner.Reports;

namespace BackupRunner.Cli;

/// <summary>Writes the archive of a backup, decrypted, to a file, which appears only when all of it was verified.</summary>
sealed class Export(RunContext run, ManifestTrust trust, bool allowOtherTarget)
{
    const int RandomBytes = 8;

    /// <returns>What was done, for the user.</returns>
    public async Task<IReadOnlyList<string>> To(string file, CancellationToken cancel)
    {
        var setup = run.Setup;
        var selection = run.Selection(or: null);
        if (Path.Exists(file))
            throw new RunnerException(ExitCode.Usage, $"\"{file}\" is there already", "name another file with --export");
        var chosen = await new BackupFinder(new BackupCatalog(setup.Store, setup.Prefix, trust), allowOtherTarget).Find(setup.RequiredSeries, selection, cancel);
        foreach (var warning in chosen.Warnings)
            run.Log.Warn(warning);
        using var backup = await StoredBackup.Open(setup.Store, chosen.Entry, trust, owner: null, run.Watch, cancel);
        run.Progress.Begin($"exporting {backup.Id}", backup.Manifest.Stored.Bytes);
        try
        {
            await Write(backup, file, cancel);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new RunnerException(ExitCode.Volume, $"cannot write \"{file}\": {failure.Message.TrimEnd('.')}", "name a file in a folder that is there and has room", failure);
        }
        run.Backups.Add(Reported.Of(backup.Manifest));
        return [$"exported {backup.Id} to {file}"];
    }

    /// <summary>Under a name that nobody can have prepared, and then by its own.</summary>
    async Task Write(StoredBackup backup, string file, CancellationToken cancel)
    {
        var full = Path.GetFullPath(file);
        var partial = Path.Join(Path.GetDirectoryName(full), $".{Path.GetFileName(full)}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(RandomBytes))}.partial");
        var target = new FileStream(partial, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            Options = FileOptions.Asynchronous,
        });
        try
        {
            await using (target)
            {
                await using var counted = new ProgressStream(target, new StepProgress(run.Progress));
                await backup.CopyTo(counted, cancel);
                target.Flush(flushToDisk: true);
            }
            File.Move(partial, full, overwrite: false);
        }
        catch
        {
            File.Delete(partial);
            throw;
        }
    }
}
