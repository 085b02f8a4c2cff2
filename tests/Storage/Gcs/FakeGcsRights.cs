namespace BackupRunner.Tests.Storage.Gcs;

/// <summary>What the caller may do: all that was not taken away.</summary>
public sealed class FakeGcsRights(string account)
{
    readonly HashSet<string> denied = [];

    public void Deny(string permission) => denied.Add(permission);

    public void Demand(string permission, string bucket, string? key)
    {
        if (denied.Contains(permission))
        {
            throw new FakeGcsException(
                403, "forbidden", $"{account} does not have {permission} access to the Google Cloud Storage {(key is null ? "bucket" : "object")}. Permission '{permission}' denied on resource (or it may not exist).");
        }
    }
}
