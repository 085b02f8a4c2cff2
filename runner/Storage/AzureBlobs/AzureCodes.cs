namespace BackupRunner.Storage.AzureBlobs;

/// <summary>What the service's codes mean for a backup, and what to do about each.</summary>
public static class AzureCodes
{
    public static (string What, string? Hint) Told(string code, AzureQuestion asked) => code switch
    {
        "AuthorizationPermissionMismatch" or "AuthorizationResourceTypeMismatch" => ("the credentials do not allow it", asked.Permission),
        "UnauthorizedBlobOverwrite" => ("the credentials allow no blob to be overwritten", asked.Permission),
        "InsufficientAccountPermissions" => ("the account is not allowed to do that", "is it read-only, or its replica"),
        "KeyBasedAuthenticationNotPermitted" => (
            $"the account \"{asked.Account}\" takes no account keys, and no SAS token that one has signed", "use workload identity or a managed identity, or allow shared key access in the account's configuration"),
        "AuthorizationProtocolMismatch" => ("the SAS token is for https only", "use an https endpoint"),
        "AuthorizationSourceIPMismatch" => ("the SAS token is not for the address of this machine", "make one without \"sip\", or with the address that the pods go out by"),
        "AuthorizationServiceMismatch" => ("the SAS token is not for blobs", "make one for the blob service (ss=b)"),
        "PublicAccessNotPermitted" or "ResourceNotFound" => ("it is not there, or not for these credentials", $"are the container and its account \"{asked.Account}\" right"),
        "AccountIsDisabled" => ($"the account \"{asked.Account}\" is disabled", "is the subscription suspended"),
        "AccountBeingCreated" => ($"the account \"{asked.Account}\" is being created", "it is tried again"),
        "AccountRequiresHttps" => ($"the account \"{asked.Account}\" is for https only", "use an https endpoint"),
        "ContainerNotFound" => ($"there is no container \"{ContainerName(asked)}\" in the account \"{asked.Account}\"", $"create it: az storage container create --account-name {asked.Account} --name {ContainerName(asked)}"),
        "ContainerBeingDeleted" => ($"the container \"{ContainerName(asked)}\" is being deleted", "who deletes it; one of the same name can be made when that is done"),
        "ContainerDisabled" => ($"the container \"{ContainerName(asked)}\" is disabled", "its account's owner can enable it"),
        "InvalidResourceName" => ($"\"{ContainerName(asked)}\" can be no container's name, or the key no blob's", "a container's name has 3 to 63 lower-case letters, digits and single hyphens"),
        "OutOfRangeInput" or "InvalidUri" => ("the name is not one that the service takes", "a container's name has 3 to 63 characters, a blob's at most 1024: is the policy's \"prefix\" too long"),
        "BlobNotFound" => ("it is no longer there", "another program or a lifecycle rule deletes from this container; run again"),
        "ConditionNotMet" or "TargetConditionNotMet" => ("it has changed or gone since it was listed", "another program writes to this container; run again"),
        "Md5Mismatch" => ("a part was damaged on its way: the service took another MD5 than we did", "is a proxy between that changes bodies"),
        "InvalidBlockList" => ("parts that were sent are no longer there", "another program wrote or aborted the same key, or they were sent more than a week ago; run again"),
        "InvalidBlobOrBlock" => ("parts of another program wait under this key", "they end by themselves in a week; or commit or delete them with that program"),
        "BlockCountExceedsLimit" => ("100,000 parts wait under this key", "prune removes those of uploads that were abandoned"),
        "BlobImmutableDueToPolicy" => (
            "an immutability policy or a legal hold of the container does not allow it", "make its retention shorter than the policy's remoteRetention, or leave deletion to a lifecycle rule"),
        "BlobArchived" or "BlobBeingRehydrated" => (
            "it is in the archive tier, which cannot be read at once", "rehydrate it to the hot or cool tier (az storage blob set-tier), and keep lifecycle rules from archiving backups"),
        "LeaseIdMissing" or "LeaseNotPresentWithBlobOperation" => ("another program holds a lease on it", "break the lease: az storage blob lease break"),
        "SnapshotsPresent" => ("it has snapshots, which another program made", "delete them: az storage blob delete --delete-snapshots only"),
        "InvalidBlobType" => ("it is a page or append blob, which another program made", "delete it, or use another \"prefix\""),
        "BlobUsesCustomerSpecifiedEncryption" => ("it is encrypted with a key that its writer gave and we do not have", "is it a backup of ours"),
        "ServerBusy" => ("the service is busy", "is the account at its request or bandwidth limit"),
        "OperationTimedOut" => ("the service did not do it in its time", null),
        "InternalError" => ("the service failed", null),
        "" => ("the service refused without saying why", "is the endpoint the blob service's address, and no proxy between that answers itself"),
        _ => ("the service refused", null),
    };

    public static (string What, string? Hint) NotAuthentic(AzureQuestion asked) => asked.Access switch
    {
        AzureAccess.SharedKey => ($"the account key is not one of the account \"{asked.Account}\"", "has it been rotated; az storage account keys list shows the two that are valid"),
        AzureAccess.Signature => ("the SAS token's signature is not right", "was the key that signed it rotated, or the token cut; make a new one"),
        _ => ("the token was not accepted", "is the account in the tenant that gave the token (AZURE_TENANT_ID), and the identity still there"),
    };

    /// <summary>The firewall's code; a signature that lacks a letter is answered with it too.</summary>
    /// <param name="sure">False where the secret may be wrong as well.</param>
    public static (string What, string? Hint) NotAuthorized(AzureQuestion asked, bool sure)
    {
        var firewall = $"the firewall of the account \"{asked.Account}\" does not let this address in";
        var (what, hint) = asked.Access is AzureAccess.Signature
            ? ($"the SAS token does not allow it, or {firewall}", $"{asked.Permission}; the account's networking page lists who may connect")
            : (firewall, "allow the cluster's network or its outbound address on the account's networking page, or use a private endpoint");
        return sure ? (what, hint) : ($"{what}, or {NotAuthentic(asked).What}", hint);
    }

    static string ContainerName(AzureQuestion asked) => Uri.UnescapeDataString(asked.Container.Segments[^1]);
}
