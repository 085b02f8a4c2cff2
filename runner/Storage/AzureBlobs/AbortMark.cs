namespace BackupRunner.Storage.AzureBlobs;

/// <summary>
/// Blocks that are not committed go only when a list without them is: an aborted upload is an empty blob for a moment. It carries this
/// mark, by which no listing and no read of ours takes it for an object, even if the run ends before it is deleted.
/// </summary>
public static class AbortMark
{
    const string Name = "backuprunneraborted", Value = "true";

    public static Dictionary<string, string> Metadata { get; } = new() { [Name] = Value };

    /// <param name="metadata">Null where the blob has none.</param>
    public static bool IsOn(IDictionary<string, string>? metadata) => metadata is not null && metadata.TryGetValue(Name, out var value) && value == Value;
}
