using BackupRunner.Policy;
using BackupRunner.Reports;
using BackupRunner.Storage;
using BackupRunner.Storage.S3;
using BackupRunner.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace BackupRunner.Tests.Storage.S3;

/// <summary>Each failure has its own sentence, names what it happened to, and is asked once.</summary>
public sealed class S3ErrorTests
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(404, "NoSuchBucket", "there is no bucket \"canned\"", "storage.bucket")]
    [InlineData(403, "InvalidAccessKeyId", "the access key id is not known to the service", "not deleted or disabled")]
    [InlineData(403, "SignatureDoesNotMatch", "the secret access key does not belong to the access key id", "the credentials in \"")]
    [InlineData(400, "ExpiredToken", "the session token has expired", "renew the credentials in \"")]
    [InlineData(400, "InvalidToken", "the session token is not valid", "belongs to one access key id")]
    [InlineData(403, "RequestTimeTooSkewed", "the clock of this machine differs too much from the service's", "NTP")]
    [InlineData(403, "AccessDenied", "access is denied: in its own words", "grant s3:PutObject on arn:aws:s3:::canned/team/*")]
    [InlineData(403, "", "access is denied", "grant s3:PutObject on arn:aws:s3:::canned/team/*")]
    [InlineData(301, "PermanentRedirect", "the bucket \"canned\" is not in the region \"eu-west-1\"", "storage.region")]
    [InlineData(400, "AuthorizationHeaderMalformed", "the bucket \"canned\" is not in the region \"eu-west-1\"", "storage.region")]
    [InlineData(400, "IllegalLocationConstraintException", "the bucket \"canned\" is not in the region \"eu-west-1\"", "storage.region")]
    [InlineData(403, "InvalidObjectState", "the object is in an archive storage class", "restore-object")]
    [InlineData(400, "InvalidStorageClass", "the service does not have this storage class", "storage.storageClass")]
    [InlineData(400, "KMS.DisabledException", "the KMS key cannot be used: in its own words", "storage.kmsKeyId")]
    [InlineData(501, "NotImplemented", "the service does not have this part of the S3 protocol", "S3-compatible")]
    [InlineData(400, "SomethingElse", "in its own words", null)]
    public async Task A_refusal_has_its_own_sentence(int status, string code, string what, string? hint)
    {
        await using var server = await CannedS3.StartRefusing(status, code, "in its own words.", Cancel);
        var told = await Assert.ThrowsAsync<RunnerException>(() => server.Open().BeginUpload("team/a/b", Cancel));
        Assert.Equal(ExitCode.Storage, told.ExitCode);
        Assert.StartsWith($"cannot write \"{server.Address.AbsoluteUri}canned/team/a/b\": {what}", told.Message, StringComparison.Ordinal);
        Assert.Contains($"({status}{(code.Length > 0 ? " " + code : "")}, request REQ123)", told.Message, StringComparison.Ordinal);
        Assert.Contains(hint ?? "", told.Hint ?? "", StringComparison.Ordinal);
        Assert.Null(told.Retry);
        Assert.Single(server.Requests);
        AssertNoSecret(told);
    }

    [Theory]
    [InlineData(503, "SlowDown")]
    [InlineData(500, "InternalError")]
    [InlineData(429, "TooManyRequests")]
    [InlineData(400, "RequestTimeout")]
    [InlineData(400, "BadDigest")]
    [InlineData(400, "XAmzContentSHA256Mismatch")]
    [InlineData(400, "IncompleteBody")]
    [InlineData(409, "OperationAborted")]
    public async Task What_passes_is_worth_another_try_but_is_asked_once(int status, string code)
    {
        await using var server = await CannedS3.StartRefusing(status, code, "in its own words.", Cancel);
        var told = await Assert.ThrowsAsync<RunnerException>(() => server.Open().BeginUpload("team/a/b", Cancel));
        Assert.True(told.Retry is { Answered: true });
        Assert.Single(server.Requests);
    }

    [Theory]
    [InlineData(301, "PermanentRedirect", "it is elsewhere", "us-east-2")]
    [InlineData(400, "AuthorizationHeaderMalformed", "the region 'eu-west-1' is wrong; expecting 'us-east-2'", "")]
    public async Task The_region_that_the_service_names_is_told(int status, string code, string message, string header)
    {
        await using var server = await CannedS3.StartRefusing(status, code, message, Cancel, header);
        foreach (var request in new Func<IObjectStore, Task>[] { store => store.ListPage("", null, Cancel), store => store.Head("team/a", Cancel) })
        {
            var told = await Assert.ThrowsAsync<RunnerException>(() => request(server.Open()));
            Assert.Contains("is not in the region \"eu-west-1\" but in \"us-east-2\"", told.Message, StringComparison.Ordinal);
            Assert.Equal("set storage.region to \"us-east-2\"", told.Hint);
        }
    }

    public static TheoryData<string, string> Permissions() => new()
    {
        { "read", "s3:GetObject on arn:aws:s3:::canned/team/* and s3:ListBucket on arn:aws:s3:::canned" },
        { "write", "s3:PutObject on arn:aws:s3:::canned/team/*" },
        { "list", "s3:ListBucket on arn:aws:s3:::canned" },
        { "delete", "s3:DeleteObject on arn:aws:s3:::canned/team/*" },
        { "list the unfinished uploads of", "s3:ListBucketMultipartUploads on arn:aws:s3:::canned and s3:ListMultipartUploadParts on arn:aws:s3:::canned/team/*" },
        { "abort the upload of", "s3:AbortMultipartUpload on arn:aws:s3:::canned/team/*" },
    };

    [Theory]
    [MemberData(nameof(Permissions))]
    public async Task A_missing_permission_is_named(string verb, string permission)
    {
        await using var server = await CannedS3.StartRefusing(403, "AccessDenied", "Access Denied", Cancel);
        var store = server.Open();
        var told = await Assert.ThrowsAsync<RunnerException>(() => verb switch
        {
            "read" => store.Head("team/a", Cancel),
            "write" => store.Put("team/a", "x"u8.ToArray(), Cancel),
            "list" => store.ListPage("team/", null, Cancel),
            "delete" => store.Delete("team/a", Cancel),
            "list the unfinished uploads of" => store.ListUploadsPage("team/", null, Cancel),
            _ => store.AbortUpload(new UnfinishedUpload("team/a", "id", default), Cancel),
        });
        Assert.StartsWith($"cannot {verb} \"", told.Message, StringComparison.Ordinal);
        Assert.Equal($"grant {permission}", told.Hint);
        AssertNoSecret(told);
    }

    [Fact]
    public async Task What_is_no_answer_of_s3_is_told()
    {
        await using var server = await CannedS3.Start((_, response) => response.WriteAsync("<!DOCTYPE html><html><body>welcome<br></body></html>"), Cancel);
        var told = await Assert.ThrowsAsync<RunnerException>(() => server.Open().ListPage("", null, Cancel));
        Assert.Contains("answered what is not of the S3 protocol", told.Message, StringComparison.Ordinal);
        Assert.True(told.Retry is { Answered: true });
    }

    [Theory]
    [InlineData(501, "NotImplemented")]
    [InlineData(405, "MethodNotAllowed")]
    public async Task A_server_that_cannot_list_uploads_has_none(int status, string code)
    {
        await using var server = await CannedS3.StartRefusing(status, code, "no", Cancel);
        var page = await server.Open().ListUploadsPage("", null, Cancel);
        Assert.Empty(page.Items);
        Assert.Null(page.Next);
    }

    [Fact]
    public async Task A_listing_that_does_not_advance_is_an_error_and_no_short_listing()
    {
        await using var server = await CannedS3.Start(
            (_, response) => response.WriteAsync("<ListBucketResult><Name>canned</Name><KeyCount>0</KeyCount><IsTruncated>true</IsTruncated></ListBucketResult>"), Cancel);
        await Assert.ThrowsAsync<RunnerException>(() => server.Open().ListPage("", null, Cancel));
    }

    [Fact]
    public async Task A_bucket_that_does_not_exist_is_no_missing_object()
    {
        await using var bucket = await S3Bucket.Create(StorageProvider.S3, Cancel);
        var store = ObjectStores.Open(bucket.Policy with { Bucket = "no-such-bucket" }, CredentialsFolder.Open(bucket.CredentialsFolder), TimeProvider.System, _ => { });
        var requests = new Func<Task>[]
        {
            () => store.Head("a", Cancel),
            () => store.OpenRead(new StoredObject("a", 5, default, "0123"), 0, Cancel),
            () => store.Put("a", "x"u8.ToArray(), Cancel),
            () => store.BeginUpload("a", Cancel),
            () => store.ListPage("", null, Cancel),
            () => store.ListUploadsPage("", null, Cancel),
            () => store.Delete("a", Cancel),
        };
        foreach (var request in requests)
            Assert.Contains("there is no bucket \"no-such-bucket\" (404 NoSuchBucket", (await Assert.ThrowsAsync<RunnerException>(request)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("test:tester", "wrong-secret", "the secret access key does not belong to the access key id")]
    [InlineData("test:nobody", "testing", "the secret access key does not belong to the access key id")]
    public async Task A_real_server_refuses_wrong_keys_also_when_it_has_no_body_to_say_why(string id, string secret, string what)
    {
        await using var bucket = await S3Bucket.Create(StorageProvider.S3, Cancel);
        using var scratch = new Scratch();
        scratch.File("accessKeyId", id);
        scratch.File("secretAccessKey", secret);
        var store = S3ObjectStore.Open(bucket.Policy, CredentialsFolder.Open(scratch.Path), TimeProvider.System);
        foreach (var request in new Func<Task>[] { () => store.Head("a", Cancel), () => store.BeginUpload("a", Cancel) })
        {
            var told = await Assert.ThrowsAsync<RunnerException>(request);
            Assert.Contains(what, told.Message, StringComparison.Ordinal);
            Assert.Null(told.Retry);
            Assert.DoesNotContain(secret, told.Message + told.Hint, StringComparison.Ordinal);
        }
    }

    static void AssertNoSecret(RunnerException told)
    {
        foreach (var secret in new[] { CannedS3.AccessKeyId, CannedS3.SecretAccessKey, CannedS3.SessionToken })
            Assert.DoesNotContain(secret, told.ToString(), StringComparison.Ordinal);
    }
}
