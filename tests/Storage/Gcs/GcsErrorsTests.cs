using System.IO.Compression;
using BackupRunner.Reports;
using BackupRunner.Storage;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Storage.Gcs;

/// <summary>What the service refuses is told so that one knows what to do.</summary>
public sealed class GcsErrorsTests : IAsyncLifetime
{
    GcsBucket bucket = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    FakeGcs Fake => bucket.Fake;

    IObjectStore Store => bucket.Store;

    public async ValueTask InitializeAsync() => bucket = await GcsBucket.Create(Cancel);

    public ValueTask DisposeAsync() => bucket.DisposeAsync();

    [Theory]
    [InlineData("storage.objects.create", "write")]
    [InlineData("storage.objects.get", "read")]
    [InlineData("storage.objects.list", "list")]
    [InlineData("storage.objects.delete", "delete")]
    public async Task A_permission_that_is_missing_is_named(string permission, string verb)
    {
        await Store.Put("a", "x"u8.ToArray(), Cancel);
        Fake.Rights.Deny(permission);
        var failed = await Failed(verb switch
        {
            "write" => () => Store.BeginUpload("b", Cancel),
            "read" => () => Store.Head("a", Cancel),
            "list" => () => Store.ListPage("", null, Cancel),
            _ => () => Store.Delete("a", Cancel),
        });
        Assert.Equal($"cannot {verb} \"gs://test-bucket/{(verb == "list" ? "" : verb == "write" ? "b" : "a")}\"", failed.Message.Split(": ")[0]);
        Assert.Contains($"access is denied: \"{permission}\" is missing (403 forbidden: ", failed.Message, StringComparison.Ordinal);
        Assert.Contains($"grant {permission} on the bucket \"test-bucket\"", failed.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Replacing_takes_the_permission_to_delete()
    {
        await Store.Put("a", "x"u8.ToArray(), Cancel);
        Fake.Rights.Deny("storage.objects.delete");
        Assert.Contains("\"storage.objects.delete\", which replacing takes, is missing", (await Failed(() => Store.Put("a", "y"u8.ToArray(), Cancel))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bucket_that_does_not_exist_is_told_by_every_verb()
    {
        var store = bucket.OpenAt(bucket.Address, TimeProvider.System, bucket: "other-bucket");
        foreach (Func<Task> verb in new Func<Task>[]
        {
            () => store.Head("a", Cancel), () => store.Put("a", "x"u8.ToArray(), Cancel), () => store.BeginUpload("a", Cancel), () => store.ListPage("", null, Cancel), () => store.Delete("a", Cancel),
        })
            Assert.Contains("there is no bucket \"other-bucket\" (404 notFound: The specified bucket does not exist", (await Failed(verb)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_object_with_bucket_in_its_name_may_be_missing() => Assert.Null(await Store.Head("my bucket does not exist", Cancel));

    [Fact]
    public async Task What_a_retention_policy_keeps_is_told_so()
    {
        await Store.Put("a", "x"u8.ToArray(), Cancel);
        Fake.Bucket.Retention = TimeSpan.FromDays(7);
        Assert.Contains("the retention policy of the bucket \"test-bucket\" keeps it still (403 retentionPolicyNotMet", (await Failed(() => Store.Delete("a", Cancel))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_held_is_told_so()
    {
        await Store.Put("a", "x"u8.ToArray(), Cancel);
        Fake.Bucket.Change("a", stored => stored with { Held = true });
        Assert.Contains("a hold is on it (403 objectUnderActiveHold", (await Failed(() => Store.Delete("a", Cancel))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(403, "rateLimitExceeded", "too many requests", true)]
    [InlineData(403, "userRateLimitExceeded", "too many requests", true)]
    [InlineData(429, "rateLimitExceeded", "too many requests", true)]
    [InlineData(503, "backendError", "the service cannot do it now", true)]
    [InlineData(408, "uploadBrokenConnection", "the service cannot do it now", true)]
    [InlineData(501, "notImplemented", "the service refused", false)]
    [InlineData(403, "quotaExceeded", "a quota of the project is used up", false)]
    [InlineData(403, "accountDisabled", "has a problem with its account", false)]
    [InlineData(403, "userProjectAccountProblem", "has a problem with its account", false)]
    [InlineData(403, "insufficientPermissions", "too narrow a scope", false)]
    [InlineData(400, "userProjectMissing", "the requester pays", false)]
    [InlineData(412, "orgPolicyConstraintFailed", "a policy of the organization", false)]
    [InlineData(302, "temporaryRedirect", "is not Cloud Storage", false)]
    [InlineData(400, "invalid", "the service refused (400 invalid: why it is so, request AFfake-", false)]
    public async Task Each_reason_has_its_own_sentence(int status, string reason, string sentence, bool again)
    {
        Fake.Refuse(_ => true, new FakeGcsException(status, reason, "why it is so"));
        var failed = await Failed(() => Store.Put("a", "x"u8.ToArray(), Cancel));
        Assert.Contains(sentence, failed.Message, StringComparison.Ordinal);
        Assert.Contains($"{status} {reason}: why it is so", failed.Message, StringComparison.Ordinal);
        Assert.Equal(again, failed.Retry is not null);
    }

    [Fact]
    public async Task What_is_no_cloud_storage_is_not_taken_for_a_missing_object()
    {
        await using var proxy = await FaultProxy.Start(bucket.Address, Cancel);
        proxy.Spoil(request => request.Method == "GET", new Fault.Answer(404), 1);
        var failed = await Failed(() => bucket.OpenAt(proxy.Address, TimeProvider.System).Head("a", Cancel));
        Assert.Contains($"what answers at \"{proxy.Address.Authority}\" is not Cloud Storage (404", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_object_that_was_deleted_before_it_is_read_has_changed()
    {
        var stored = await Store.Put("a", "hello"u8.ToArray(), Cancel);
        await Store.Delete("a", Cancel);
        foreach (var offset in new[] { 0, 5 })
        {
            var failed = await Failed(() => Store.OpenRead(stored, offset, Cancel));
            Assert.Contains("it has changed: it was deleted meanwhile", failed.Message, StringComparison.Ordinal);
            Assert.Null(failed.Retry);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    public async Task An_object_that_somebody_marked_as_gzip_comes_as_it_is_stored(int offset)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
            gzip.Write("hello, hello, hello"u8);
        var stored = await Store.Put("a", packed.ToArray(), Cancel);
        Fake.Bucket.Change("a", live => live with { ContentEncoding = "gzip" });
        await using var stream = await Store.OpenRead(stored, offset, Cancel);
        using var read = new MemoryStream();
        await stream.CopyToAsync(read, Cancel);
        Assert.Equal(packed.ToArray()[offset..], read.ToArray());
    }

    static async Task<RunnerException> Failed(Func<Task> work)
    {
        var failed = await Assert.ThrowsAsync<RunnerException>(work);
        Assert.Equal(ExitCode.Storage, failed.ExitCode);
        return failed;
    }
}
