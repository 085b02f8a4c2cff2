using BackupRunner.Names;
using BackupRunner.Restore;

namespace BackupRunner.Tests.Restore;

/// <summary>A backup whose extraction copies a tree.</summary>
sealed class FakeSource(string tree, string id = FakeSource.FirstId) : IRestoreSource
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
            Directory.CreateDirectory(Path.Combine(directory, "half"));
            File.WriteAllText(Path.Combine(directory, "half", "file"), "half");
            Step();
            Directory.Delete(Path.Combine(directory, "half"), recursive: true);
        }
        Tree.Copy(tree, directory);
        Step?.Invoke();
        return Task.FromResult(Extracted);
    }
}
