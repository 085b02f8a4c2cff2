namespace BackupRunner.Archive;

/// <summary>Reports a running total about twice a MiB, and at the end.</summary>
public sealed class StepProgress(IProgress<long>? progress)
{
    const long StepBytes = 1 << 19;

    long total;
    long reported;

    public void Add(long bytes)
    {
        total += bytes;
        if (total - reported >= StepBytes)
            Report();
    }

    public void Report()
    {
        reported = total;
        progress?.Report(total);
    }
}
