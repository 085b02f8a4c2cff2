using BackupRunner.Names;
using BackupRunner.Restore;

namespace BackupRunner.Tests.Restore;

/// <summary>Extracts without another process: for an ordinary user's thread.</summary>
sealed class PlainSource : IRestoreSource
{
    public BackupId Id { get; } = BackupId.Parse(FakeSource.FirstId)!;

    public RestoreSize Size { get; } = new(1000, 10, null);

    public Task Verify(CancellationToken cancel) => Task.CompletedTask;

    public Task<ExtractedCounts> ExtractInto(string directory, CancellationToken cancel)
    {
        File.WriteAllText(Path.Combine(directory, "plain"), "plain");
        return Task.FromResult(new ExtractedCounts(new RecordedCounts(1, 1, 5), true));
    }
}
