using BackupRunner.Names;
using BackupRunner.Restore;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Restore;

/// <summary>A backup whose extraction is a script.</summary>
sealed class FakeSource(string script, string id = FakeSource.FirstId) : IRestoreSource
{
    public const string FirstId = "20261122t020000z-aaaaaa";
    public const string SecondId = "20261123t020000z-bbbbbb";

    static readonly RecordedCounts Counts = new(12, 6, 40);

    public BackupId Id { get; } = BackupId.Parse(id)!;

    public RestoreSize Size { get; init; } = new(64 * 1024, 32, Counts);

    public ExtractedCounts Extracted { get; init; } = new(Counts, HasRoot: true);

    public int Verified { get; private set; }

    /// <summary>Called before, in the middle of and after the extraction.</summary>
    public Action? Step { get; init; }

    public Action? OnVerify { get; init; }

    public Task Verify(CancellationToken cancel)
    {
        Verified++;
        OnVerify?.Invoke();
        return Task.CompletedTask;
    }

    public Task<ExtractedCounts> ExtractInto(string directory, CancellationToken cancel)
    {
        Step?.Invoke();
        if (Step is not null)
        {
            Shell.Bash($"cd {directory}; printf half > a; mkdir both; printf half > both/half");
            Step();
            Shell.Bash($"cd {directory}; rm -r a both");
        }
        Tree.Make(directory, script);
        Step?.Invoke();
        return Task.FromResult(Extracted);
    }
}
