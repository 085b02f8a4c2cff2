namespace BackupRunner.Storage.AzureBlobs;

/// <summary>What was asked of the service, as far as the meaning of its refusal depends on it.</summary>
/// <param name="Now">By the clock of this machine.</param>
public sealed record AzureQuestion(StoreOperation Operation, Uri Container, string Account, AzureAccess Access, DateTimeOffset Now)
{
    const string Actions = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/";

    /// <summary>What the answer was allowed to need: the data actions of a role, or the letters of a signature.</summary>
    public string Permission => Access is AzureAccess.Signature
        ? $"the SAS token needs {string.Join(" and ", Needs.Select(need => $"\"{need.Letter}\" ({need.Name})"))}"
        : $"grant {string.Join(", ", Needs.Select(need => Actions + need.Action))} on the container; the role Storage Blob Data Contributor has all that a backup needs";

    (string Action, string Letter, string Name)[] Needs => Operation switch
    {
        StoreOperation.Read => [("read", "r", "read")],
        StoreOperation.Write => [("write", "w", "write")],
        StoreOperation.List => [("read", "l", "list")],
        StoreOperation.Delete => [("delete", "d", "delete")],
        StoreOperation.ListUploads => [("read", "l", "list"), ("read", "r", "read")],
        StoreOperation.AbortUpload => [("read", "r", "read"), ("write", "w", "write"), ("delete", "d", "delete")],
        _ => throw new ArgumentOutOfRangeException(nameof(Operation)),
    };
}
