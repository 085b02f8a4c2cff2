namespace BackupRunner.Archive;

/// <summary>Reads an archive as a restore would, and extracts nothing.</summary>
public static class ArchiveCheck
{
    /// <summary>Reads <paramref name="gzip"/> to its end.</summary>
    /// <param name="progress">Told the raw bytes so far.</param>
    /// <exception cref="RunnerException">Exit 5: the archive is damaged, cut short or hostile.</exception>
    public static async Task<UnpackResult> Check(Stream gzip, int workers, IProgress<long>? progress, CancellationToken cancel)
    {
        var warnings = new WarningList();
        var filter = new TarFilterStream(Stream.Null, new ExtractRules(), warnings);
        await GzipReader.CopyTo(gzip, new ProgressStream(filter, new StepProgress(progress)), workers, cancel);
        filter.Complete();
        return new UnpackResult(filter.Counts, warnings.ToList());
    }
}
