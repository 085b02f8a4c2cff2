using BackupRunner.Policy;
using BackupRunner.Reports;

namespace BackupRunner.Archive;

/// <summary>Extracts a gzipped tar archive with GNU tar, after our own reader has judged every entry.</summary>
public static class Unpacker
{
    /// <summary>
    /// Reads <paramref name="gzip"/> to its end and extracts it into <paramref name="directory"/>, which should be empty: what is there
    /// stays or is replaced. The directory itself gets
    /// the mode, owner and times of the archive's root.
    /// </summary>
    /// <param name="owner">Everything belongs to it instead of whom the archive says; null for the archived owners (as root) or
    /// oneself.</param>
    /// <param name="progress">Told the raw bytes so far.</param>
    /// <exception cref="RunnerException">
    /// Exit 5: the archive is damaged, cut short or hostile; 6: the directory cannot be written, or is full; 3: tar is missing or was
    /// killed. In each case some of the archive
    /// may have been extracted.
    /// </exception>
    public static async Task<UnpackResult> Unpack(
        Stream gzip, string directory, NumericOwner? owner, int workers, IProgress<long>? progress, CancellationToken cancel)
    {
        if (!Directory.Exists(directory))
            throw new RunnerException(ExitCode.Volume, $"there is no directory \"{directory}\"");
        InheritedAcl.Remove(directory);
        var warnings = new WarningList();
        GnuTar? started = null;
        var failures = new TarFailures(warnings, () => started?.Kill());
        var arguments = TarArguments.Extract(directory, setOwner: owner is not null || Environment.IsPrivilegedProcess);
        await using var tar = started = await GnuTar.Start(arguments, failures.Add, cancel);
        var filter = new TarFilterStream(new TarInputStream(tar.Input), new ExtractRules(), warnings, owner);
        using var killed = cancel.UnsafeRegister(_ => tar.Kill(), null);
        var isTarGone = false;
        try
        {
            await GzipReader.CopyTo(gzip, new ProgressStream(filter, new StepProgress(progress)), workers, cancel);
            filter.Complete();
            tar.Input.Close();
        }
        catch (TarGoneException)
        {
            isTarGone = true;
        }
        var exit = await tar.WaitForExit(cancel);
        cancel.ThrowIfCancellationRequested();
        if (failures.IsNoSpace || exit is not 0 and <= 128)
            throw failures.Unwritable(directory);
        GnuTar.ThrowIfKilled(exit);
        if (isTarGone)
            throw new RunnerException(ExitCode.Command, "tar ended before it had read the archive");
        failures.BecomeWarnings();
        return new UnpackResult(filter.Counts, warnings.ToList());
    }
}
