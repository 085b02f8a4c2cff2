using Azure.Storage.Sas;
using BackupRunner.Policy;
using BackupRunner.Reports;
using BackupRunner.Storage;
using BackupRunner.Storage.AzureBlobs;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Storage.AzureBlobs;

/// <summary>Each thing that can be wrong has a sentence of its own; those that the emulator knows too are asked of it.</summary>
public sealed class AzureErrorTests : IAsyncLifetime
{
    const string OtherKey = "S3CR3TS3CR3T";

    AzureContainer container = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => container = await AzureContainer.Create(Cancel);

    public async ValueTask DisposeAsync() => await container.DisposeAsync();

    [Fact]
    public async Task A_wrong_account_key()
    {
        container.Mount("accountKey", OtherKey);
        await Everything(container.Open(), $"the account key is not one of the account \"{AzureContainer.Account}\"");
    }

    [Fact]
    public async Task A_missing_container_is_no_missing_object()
    {
        await container.Client.DeleteAsync(cancellationToken: Cancel);
        await Everything(container.Open(), $"there is no container \"{container.Name}\" in the account \"{AzureContainer.Account}\" (404 ContainerNotFound, request ");
    }

    [Fact]
    public async Task An_expired_signature()
    {
        var end = DateTimeOffset.UtcNow.AddMinutes(-1);
        container.Mount("sasToken", container.Signature(BlobContainerSasPermissions.All, end));
        await Everything(container.Open(), $"the SAS token expired at {end:yyyy-MM-dd'T'HH:mm:ss'Z'}");
    }

    [Fact]
    public async Task A_wrong_signature()
    {
        var token = container.Signature(BlobContainerSasPermissions.All, DateTimeOffset.UtcNow.AddHours(1));
        container.Mount("sasToken", token[..token.IndexOf("sig=", StringComparison.Ordinal)] + "sig=S3CR3T");
        await Everything(container.Open(), "the SAS token's signature is not right");
    }

    [Fact]
    public async Task A_clock_that_is_wrong()
    {
        container.Mount("accountKey", OtherKey);
        await Everything(container.Open(time: new AheadTime()), "the clock of this machine is wrong: it says ");
    }

    [Theory]
    [InlineData(StoreOperation.Read, BlobContainerSasPermissions.Write | BlobContainerSasPermissions.List, "the SAS token needs \"r\" (read)")]
    [InlineData(StoreOperation.Write, BlobContainerSasPermissions.Read | BlobContainerSasPermissions.List, "the SAS token needs \"w\" (write)")]
    [InlineData(StoreOperation.List, BlobContainerSasPermissions.Read | BlobContainerSasPermissions.Write, "the SAS token needs \"l\" (list)")]
    [InlineData(StoreOperation.ListUploads, BlobContainerSasPermissions.Read | BlobContainerSasPermissions.Write, "the SAS token needs \"l\" (list) and \"r\" (read)")]
    [InlineData(StoreOperation.AbortUpload, BlobContainerSasPermissions.List, "the SAS token needs \"r\" (read) and \"w\" (write) and \"d\" (delete)")]
    [InlineData(StoreOperation.Delete, BlobContainerSasPermissions.Read | BlobContainerSasPermissions.Write, "the SAS token needs \"d\" (delete)")]
    public async Task A_permission_that_the_signature_lacks(StoreOperation operation, BlobContainerSasPermissions permissions, string hint)
    {
        await container.Store.Put("a/one", "x"u8.ToArray(), Cancel);
        container.Mount("sasToken", container.Signature(permissions, DateTimeOffset.UtcNow.AddHours(1)));
        var refused = await Assert.ThrowsAsync<RunnerException>(() => Ask(container.Open(), operation));
        Assert.Equal(ExitCode.Storage, refused.ExitCode);
        Assert.Null(refused.Retry);
        Assert.Contains(hint, refused.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_object_that_was_deleted_since_it_was_listed()
    {
        var stored = await container.Store.Put("a/one", "x"u8.ToArray(), Cancel);
        await container.Store.Delete("a/one", Cancel);
        var refused = await Assert.ThrowsAsync<RunnerException>(() => container.Store.OpenRead(stored, 0, Cancel));
        Assert.StartsWith($"cannot read \"{container.Store.Address}/a/one\": it ", refused.Message, StringComparison.Ordinal);
        Assert.Contains("gone since it was listed", refused.Message, StringComparison.Ordinal);
        Assert.Null(refused.Retry);
    }

    [Fact]
    public async Task An_object_that_was_replaced_since_it_was_listed()
    {
        var stored = await container.Store.Put("a/one", "x"u8.ToArray(), Cancel);
        await container.Store.Put("a/one", "y"u8.ToArray(), Cancel);
        var refused = await Assert.ThrowsAsync<RunnerException>(() => container.Store.OpenRead(stored, 0, Cancel));
        Assert.Contains("it has changed or gone since it was listed (412 ConditionNotMet, request ", refused.Message, StringComparison.Ordinal);
        Assert.Null(refused.Retry);
    }

    [Theory]
    [InlineData(403, "AuthorizationPermissionMismatch", "the credentials do not allow it", false)]
    [InlineData(403, "AuthorizationFailure", "the firewall of the account \"acct\" does not let this address in", false)]
    [InlineData(403, "KeyBasedAuthenticationNotPermitted", "the account \"acct\" takes no account keys", false)]
    [InlineData(403, "AccountIsDisabled", "the account \"acct\" is disabled", false)]
    [InlineData(400, "AccountRequiresHttps", "the account \"acct\" is for https only", false)]
    [InlineData(400, "InvalidResourceName", "\"box\" can be no container's name", false)]
    [InlineData(409, "ContainerBeingDeleted", "the container \"box\" is being deleted", true)]
    [InlineData(409, "BlobImmutableDueToPolicy", "an immutability policy or a legal hold of the container does not allow it", false)]
    [InlineData(409, "BlobArchived", "it is in the archive tier", false)]
    [InlineData(409, "SnapshotsPresent", "it has snapshots", false)]
    [InlineData(412, "LeaseIdMissing", "another program holds a lease on it", false)]
    [InlineData(400, "Md5Mismatch", "a part was damaged on its way", true)]
    [InlineData(400, "InvalidBlockList", "parts that were sent are no longer there", false)]
    [InlineData(404, "ResourceNotFound", "it is not there, or not for these credentials", false)]
    [InlineData(503, "ServerBusy", "the service is busy", true)]
    [InlineData(500, "OperationTimedOut", "the service did not do it in its time", true)]
    [InlineData(418, "SomethingNew", "the service refused", false)]
    public async Task What_the_service_alone_answers(int status, string code, string message, bool again)
    {
        await using var service = await CannedService.Start(status, code, null, DateTimeOffset.UtcNow, Cancel);
        foreach (var operation in Enum.GetValues<StoreOperation>())
        {
            var refused = await Assert.ThrowsAsync<RunnerException>(() => Ask(Open(service), operation));
            Assert.Equal(ExitCode.Storage, refused.ExitCode);
            Assert.Contains(message, refused.Message, StringComparison.Ordinal);
            Assert.Contains($"{service.Address}box/", refused.Message, StringComparison.Ordinal);
            Assert.EndsWith($"({status} {code}, request id-of-the-request)", refused.Message, StringComparison.Ordinal);
            Assert.Equal(again, refused.Retry is not null);
        }
    }

    [Theory]
    [InlineData("Request date header too old: 'Sun, 22 Nov 2026 01:00:00 GMT'", "the clock of this machine is wrong")]
    [InlineData("The MAC signature found in the HTTP request 'S3CR3T' is not the same as any computed signature.", "the account key is not one of the account \"acct\"")]
    public async Task What_the_detail_says_decides_between_a_wrong_key_and_a_wrong_clock(string detail, string message)
    {
        await using var service = await CannedService.Start(403, "AuthenticationFailed", detail, DateTimeOffset.UtcNow, Cancel);
        var refused = await Assert.ThrowsAsync<RunnerException>(() => Ask(Open(service), StoreOperation.List));
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("S3CR3T", refused.Message + refused.Hint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("AuthenticationFailed", "Signature not valid in the specified time frame: Start [...]", "the SAS token is not valid at this time")]
    [InlineData("AuthorizationFailure", null, "the SAS token does not allow it, or the firewall of the account \"acct\" does not let this address in, or the SAS token's signature is not right")]
    [InlineData("AuthorizationFailure", "This request is not authorized to perform this operation.", "does not let this address in (403")]
    public async Task What_is_wrong_with_a_signature_is_told_as_far_as_the_service_says(string code, string? detail, string message)
    {
        await using var service = await CannedService.Start(403, code, detail, DateTimeOffset.UtcNow, Cancel);
        container.Mount("sasToken", "sv=2026-01-01&sig=S3CR3T");
        var store = AzureObjectStore.Open(
            new StoragePolicy { Account = "acct", Container = "box", Endpoint = service.Address }, CredentialsFolder.Open(container.CredentialsFolder), TimeProvider.System);
        var refused = await Assert.ThrowsAsync<RunnerException>(() => Ask(store, StoreOperation.List));
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("S3CR3T", refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_speaks_of_something_else_is_told_by_its_status()
    {
        await using var proxy = await FaultProxy.Start(AzureContainer.Service, Cancel);
        proxy.Spoil(_ => true, new Fault.Answer(502, Body: "<html>bad gateway", ContentType: "text/html"), times: 100);
        var refused = await Assert.ThrowsAsync<RunnerException>(() => container.Open(proxy.Address).Head("a", Cancel));
        Assert.Contains("the service refused without saying why (502)", refused.Message, StringComparison.Ordinal);
        Assert.NotNull(refused.Retry);
    }

    [Fact]
    public async Task A_missing_object_that_the_service_does_not_name_is_not_taken_for_missing()
    {
        await using var proxy = await FaultProxy.Start(AzureContainer.Service, Cancel);
        proxy.Spoil(_ => true, new Fault.Answer(404), times: 100);
        await Assert.ThrowsAsync<RunnerException>(() => container.Open(proxy.Address).Head("a", Cancel));
        await Assert.ThrowsAsync<RunnerException>(() => container.Open(proxy.Address).Delete("a", Cancel));
    }

    [Fact]
    public async Task An_answer_that_is_no_listing()
    {
        await using var proxy = await FaultProxy.Start(AzureContainer.Service, Cancel);
        proxy.Spoil(_ => true, new Fault.Answer(200, Body: "<html>please log in", ContentType: "text/html"), times: 100);
        var refused = await Assert.ThrowsAsync<RunnerException>(() => container.Open(proxy.Address).ListPage("", null, Cancel));
        Assert.Contains("does not answer as a blob service does", refused.Message, StringComparison.Ordinal);
    }

    static async Task Everything(IObjectStore store, string message)
    {
        foreach (var operation in Enum.GetValues<StoreOperation>())
        {
            var refused = await Assert.ThrowsAsync<RunnerException>(() => Ask(store, operation));
            Assert.Equal(ExitCode.Storage, refused.ExitCode);
            Assert.Contains(message, refused.Message, StringComparison.Ordinal);
            Assert.Null(refused.Retry);
            Assert.NotNull(refused.Hint);
            Assert.DoesNotContain("S3CR3T", refused.ToString(), StringComparison.Ordinal);
        }
    }

    static Task Ask(IObjectStore store, StoreOperation operation) => operation switch
    {
        StoreOperation.Read => store.Head("a/one", Cancel),
        StoreOperation.Write => store.BeginUpload("a/two", Cancel),
        StoreOperation.List => store.ListPage("a/", null, Cancel),
        StoreOperation.Delete => store.Delete("a/one", Cancel),
        StoreOperation.ListUploads => store.ListUploadsPage("a/", null, Cancel),
        StoreOperation.AbortUpload => store.AbortUpload(new UnfinishedUpload("a/one", "0000000000000000", DateTimeOffset.UnixEpoch), Cancel),
        _ => throw new ArgumentOutOfRangeException(nameof(operation)),
    };

    IObjectStore Open(CannedService service)
    {
        container.Mount("accountKey", OtherKey);
        return AzureObjectStore.Open(
            new StoragePolicy { Account = "acct", Container = "box", Endpoint = service.Address }, CredentialsFolder.Open(container.CredentialsFolder), TimeProvider.System);
    }

    sealed class AheadTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddHours(1);
    }
}
