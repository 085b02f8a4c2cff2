using BackupRunner.Names;
using BackupRunner.Reports;
using BackupRunner.Restore;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Restore;

/// <summary>Extracts by a script that the disk may stop, as tar would be.</summary>
sealed class WritingSource(string script) : IRestoreSource
{
    public BackupId Id { get; } = BackupId.Parse(FakeSource.FirstId)!;

    public RestoreSize Size { get; } = new(1000, 10, null);

    public Task Verify(CancellationToken cancel) => Task.CompletedTask;

    public Task<ExtractedCounts> ExtractInto(string directory, CancellationToken cancel)
    {
        var result = Shell.Try("bash", "-euc", $"cd {directory}; {script}");
        return result.ExitCode == 0
            ? Task.FromResult(new ExtractedCounts(new RecordedCounts(1, 1, 1), true))
            : throw new RunnerException(ExitCode.Volume, result.Error.Trim());
    }
}
