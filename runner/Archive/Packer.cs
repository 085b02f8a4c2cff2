using BackupRunner.Reports;

namespace BackupRunner.Archive;

/// <summary>Archives a directory with GNU tar.</summary>
public static class Packer
{
    const int BufferBytes = 1 << 20;

    // What tar and others read at a time by default: of a shorter or longer end they would complain, or leave some of it unread in a pipe.
    const int RecordBytes = 20 * TarHeader.BlockBytes;

    /// <summary>
    /// Writes a tar stream of all that is in <paramref name="directory"/>, with owners, ACLs, attributes, links and holes, to <paramref
    /// name="target"/>, which it neither
    /// completes nor disposes.
    /// </summary>
    /// <param name="exclude">Shell globs; see <see cref="ExcludePattern"/>.</param>
    /// <param name="progress">Told the raw bytes so far.</param>
    /// <exception cref="RunnerException">Exit 6: something cannot be read; 2: a pattern is malformed; 3: tar is missing or was killed.
    /// What the target throws comes through.</exception>
    public static async Task<PackResult> Pack(
        string directory, IReadOnlyList<string> exclude, Stream target, IProgress<long>? progress, CancellationToken cancel)
    {
        var arguments = TarArguments.Create(directory, exclude);
        RequireReadable(directory);
        var warnings = new WarningList();
        var failures = new TarFailures(warnings);
        var filter = new TarFilterStream(target, new CreateRules(), warnings);
        await using var tar = await GnuTar.Start(arguments, failures.Add, cancel);
        tar.Input.Close();
        using (cancel.UnsafeRegister(_ => tar.Kill(), null))
            await Copy(tar.Output, filter, new StepProgress(progress), cancel);
        cancel.ThrowIfCancellationRequested();
        var exit = await tar.WaitForExit(cancel);
        cancel.ThrowIfCancellationRequested();
        GnuTar.ThrowIfKilled(exit);
        if (exit > 1)
            throw failures.Unreadable(directory);
        filter.Complete();
        await target.WriteAsync(new byte[RecordBytes - 1 - ((filter.Counts.TarBytes - 1) % RecordBytes)], cancel);
        failures.BecomeWarnings();
        return new PackResult(filter.Counts, warnings.ToList(), exit);
    }

    static async Task Copy(Stream from, Stream to, StepProgress progress, CancellationToken cancel)
    {
        var buffer = GC.AllocateUninitializedArray<byte>(BufferBytes);
        for (int length; (length = await from.ReadAsync(buffer, cancel)) > 0;)
        {
            await to.WriteAsync(buffer.AsMemory(0, length), cancel);
            progress.Add(length);
        }
        progress.Report();
    }

    static void RequireReadable(string directory)
    {
        try
        {
            using var entries = Directory.EnumerateFileSystemEntries(directory).GetEnumerator();
            entries.MoveNext();
        }
        catch (DirectoryNotFoundException exception) when (!File.Exists(directory))
        {
            throw new RunnerException(ExitCode.Volume, $"there is no directory \"{directory}\"", null, exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            var why = exception is UnauthorizedAccessException ? "permission denied"
                : File.Exists(directory) ? "it is not a directory"
                : exception.Message;
            throw new RunnerException(ExitCode.Volume, $"cannot read \"{directory}\": {why}", TarFailures.OwnerHint, exception);
        }
    }
}
