using BackupRunner.Posix;
using BackupRunner.Reports;

namespace BackupRunner.Restore;

/// <summary>A backup that lies whole, checked and durable beside the root.</summary>
sealed record Staged(IReadOnlyList<EntryName> Names, DirectoryAttributes Root);

/// <summary>Brings a backup onto the volume, beside what is there.</summary>
static class Staging
{
    /// <param name="root">What the root shall get when the backup has no entry for it.</param>
    /// <exception cref="RunnerException">The backup is not what was recorded (5), or the volume cannot take it (6).</exception>
    public static async Task<Staged> Stage(
        RestoreRun run, IRestoreSource source, DirectoryAttributes root, CancellationToken cancel)
    {
        var (volume, directory) = (run.Volume, RestoreLayout.New(source.Id));
        volume.MakeDirectory(directory);
        volume.MakeDirectory(RestoreLayout.Old(source.Id));
        cancel.ThrowIfCancellationRequested();
        var extracted = await source.ExtractInto(Path.Combine(volume.Path, directory), cancel);
        if (source.Size.Expected is { } expected && expected != extracted.Counts)
            throw new RunnerException(ExitCode.Integrity,
                $"the backup {source.Id} holds {Show(extracted.Counts)}, its manifest says {Show(expected)}", "restore another backup");
        var attributes = extracted.HasRoot ? volume.ReadAttributes(directory) : root;
        Preflight.Movable(volume, directory, "the backup holds");
        volume.SyncAll();
        run.Say($"staged {Show(extracted.Counts)}");
        return new Staged(Swap.Names(volume, directory), attributes);
    }

    static string Show(RecordedCounts counts) => $"{counts.Entries} entries, {counts.Files} files, {counts.Bytes} bytes";
}
