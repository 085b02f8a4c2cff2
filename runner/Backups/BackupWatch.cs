namespace BackupRunner.Backups;

/// <summary>Who watches a backup, or the reading of one.</summary>
/// <param name="Bytes">Told the raw bytes read so far.</param>
public sealed record BackupWatch(Action<string> Say, Action<string> Warn, IProgress<long>? Bytes)
{
    /// <summary>Begins long work within the work, of so many bytes, until what it returns is disposed.</summary>
    public Func<string, long, IDisposable>? Phase { get; init; }
}
