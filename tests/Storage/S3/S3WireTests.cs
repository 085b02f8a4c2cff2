using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using BackupRunner.Storage;
using BackupRunner.Storage.Retry;
using BackupRunner.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace BackupRunner.Tests.Storage.S3;

/// <summary>What goes over the wire, and what is made of answers that Swift never gives.</summary>
public sealed class S3WireTests
{
    long sent;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_sent_is_signed_with_its_digest_and_is_as_it_is(bool tls)
    {
        using var certificate = tls ? Localhost() : null;
        await using var server = await CannedS3.Start(Working, Cancel, certificate);
        var store = server.Open();
        var content = new byte[3_000_000];
        new Random(1).NextBytes(content);
        await store.Put("team/small", content, Cancel);
        await using (var upload = await store.BeginUpload("team/big", Cancel))
        {
            await upload.SendPart(1, 0, content, Cancel);
            await upload.Complete(Cancel);
        }
        foreach (var (kind, bytes) in new[] { (WireKind.Put, content.Length), (WireKind.Part, content.Length) })
        {
            var (request, body) = server.Requests.Single(seen => S3Wire.KindOf(seen.Request) == kind);
            Assert.Equal(bytes, request.Bytes);
            Assert.True(content.AsSpan().SequenceEqual(body));
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(content)), request.Headers["x-amz-content-sha256"]);
            Assert.Contains("x-amz-content-sha256", request.Headers.Authorization.ToString().Split("SignedHeaders=")[1].Split(',')[0], StringComparison.Ordinal);
            Assert.Equal("", request.Headers.ContentEncoding.ToString());
            Assert.DoesNotContain(request.Headers, header => header.Key.StartsWith("x-amz-checksum", StringComparison.OrdinalIgnoreCase) || header.Key.Equals("x-amz-trailer", StringComparison.OrdinalIgnoreCase));
        }
    }

    [Fact]
    public async Task Encryption_is_asked_for_every_object_and_the_storage_class_for_the_archive_alone()
    {
        await using var server = await CannedS3.Start(Working, Cancel);
        var store = server.Open(", sse: \"aws:kms\", kmsKeyId: alias/backup, storageClass: STANDARD_IA");
        await store.Put("team/small", "x"u8.ToArray(), Cancel);
        await using (var upload = await store.BeginUpload("team/big", Cancel))
        {
            await upload.SendPart(1, 0, "x"u8.ToArray(), Cancel);
            await upload.Complete(Cancel);
        }
        Assert.Equal(("aws:kms", "alias/backup", ""), Asked(server, WireKind.Put));
        Assert.Equal(("aws:kms", "alias/backup", "STANDARD_IA"), Asked(server, WireKind.Begin));
        Assert.Equal(("", "", ""), Asked(server, WireKind.Part));
    }

    [Fact]
    public async Task Without_the_keys_of_encryption_none_is_asked_for()
    {
        await using var server = await CannedS3.Start(Working, Cancel);
        await server.Open().Put("team/small", "x"u8.ToArray(), Cancel);
        Assert.Equal(("", "", ""), Asked(server, WireKind.Put));
    }

    /// <summary>A bucket with Object Lock and a default retention.</summary>
    [Fact]
    public async Task A_bucket_that_wants_a_digest_of_everything_gets_it_from_then_on()
    {
        await using var server = await CannedS3.Start(
            (request, response) =>
            {
                if (S3Wire.KindOf(request) is not (WireKind.Put or WireKind.Part) || request.Headers.ContentMD5.Count > 0)
                    return Working(request, response);
                response.StatusCode = 400;
                return response.WriteAsync(CannedS3.Error("InvalidRequest", "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Part requests with Object Lock parameters"));
            },
            Cancel);
        var said = new ConcurrentQueue<string>();
        var store = new RetryingStore(server.Open(), new RetryPolicy { FirstDelay = TimeSpan.FromMilliseconds(1) }, TimeProvider.System, said.Enqueue);
        var part = "x"u8.ToArray();
        await using (var upload = await store.BeginUpload("team/big", Cancel))
            await Task.WhenAll(Enumerable.Range(1, 3).Select(number => upload.SendPart(number, number - 1, part, Cancel)));
        await store.Put("team/small", part, Cancel);
        Assert.InRange(said.Count, 1, 3);
        Assert.Equal(4 + said.Count, server.Requests.Count(seen => S3Wire.KindOf(seen.Request) is WireKind.Put or WireKind.Part));
        Assert.Equal("ndTkYSaMgDT1yFZOFVxnpg==", server.Requests.Last(seen => S3Wire.KindOf(seen.Request) == WireKind.Put).Request.Headers.ContentMD5);
    }

    /// <summary>A replica that is behind; or the object was stored between the two questions.</summary>
    [Theory]
    [InlineData("bytes 0-0/5", 5)]
    [InlineData(null, 1)]
    public async Task An_object_that_GET_finds_is_there_though_HEAD_did_not(string? range, long bytes)
    {
        await using var server = await CannedS3.Start(
            (request, response) =>
            {
                if (request.Method != "HEAD")
                    return CannedS3.Part(response, "\"0123\"", range, "h");
                response.StatusCode = 404;
                return Task.CompletedTask;
            },
            Cancel);
        Assert.Equal(new StoredObject("team/a", bytes, new DateTimeOffset(2026, 11, 22, 2, 0, 0, TimeSpan.Zero), "0123"), await server.Open().Head("team/a", Cancel));
    }

    [Fact]
    public async Task A_completion_that_fails_behind_its_first_byte_is_a_failure()
    {
        await using var server = await CannedS3.Start(
            (request, response) => S3Wire.KindOf(request) == WireKind.Complete
                ? response.WriteAsync("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n   " + CannedS3.Error("InternalError", "try again")[38..])
                : Working(request, response),
            Cancel);
        await using var upload = await server.Open().BeginUpload("team/big", Cancel);
        await upload.SendPart(1, 0, "x"u8.ToArray(), Cancel);
        var told = await Assert.ThrowsAsync<RunnerException>(() => upload.Complete(Cancel));
        Assert.NotNull(told.Retry);
    }

    [Theory]
    [InlineData(1, "\"0123456789abcdef0123456789abcdef-1\"", true)]
    [InlineData(1, "\"0123456789abcdef0123456789abcdef\"", true)]
    [InlineData(1, "\"0123456789abcdef0123456789abcdef-2\"", false)]
    [InlineData(2, "\"0123456789abcdef0123456789abcdef-1\"", false)]
    [InlineData(0, "", false)]
    public async Task An_upload_that_is_gone_is_complete_only_if_its_object_is_there(int bytes, string etag, bool complete)
    {
        await using var server = await CannedS3.Start(
            (request, response) =>
            {
                switch (S3Wire.KindOf(request))
                {
                    case WireKind.Complete:
                        response.StatusCode = 404;
                        return response.WriteAsync(CannedS3.Error("NoSuchUpload", "gone"));
                    case WireKind.Head when bytes > 0:
                        response.ContentLength = bytes;
                        response.Headers.ETag = etag;
                        response.Headers.LastModified = "Sun, 22 Nov 2026 02:00:00 GMT";
                        return Task.CompletedTask;
                    case WireKind.Head:
                        response.StatusCode = 404;
                        return Task.CompletedTask;
                    case WireKind.Read:
                        response.StatusCode = 404;
                        return response.WriteAsync(CannedS3.Error("NoSuchKey", "none"));
                    default:
                        return Working(request, response);
                }
            },
            Cancel);
        await using var upload = await server.Open().BeginUpload("team/big", Cancel);
        await upload.SendPart(1, 0, "x"u8.ToArray(), Cancel);
        if (complete)
        {
            Assert.Equal(1, (await upload.Complete(Cancel)).Bytes);
            return;
        }
        var told = await Assert.ThrowsAsync<RunnerException>(() => upload.Complete(Cancel));
        Assert.Contains("is gone before it was completed", told.Message, StringComparison.Ordinal);
        Assert.Null(told.Retry);
    }

    /// <summary>The listing tells only when it began, and a large backup goes on for days.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_upload_is_as_old_as_its_newest_part_and_new_where_that_is_not_told(bool told)
    {
        await using var server = await CannedS3.Start(
            (request, response) =>
            {
                if (!request.Target.Contains("uploadId=", StringComparison.Ordinal))
                    return response.WriteAsync("<ListMultipartUploadsResult><IsTruncated>false</IsTruncated><Upload><Key>team/big</Key><UploadId>id1</UploadId><Initiated>2020-01-01T00:00:00.000Z</Initiated></Upload></ListMultipartUploadsResult>");
                response.StatusCode = told ? 200 : 403;
                var second = request.Target.Contains("part-number-marker=1", StringComparison.Ordinal);
                return response.WriteAsync(!told ? CannedS3.Error("AccessDenied", "no")
                    : $"<ListPartsResult><IsTruncated>{(second ? "false" : "true")}</IsTruncated><NextPartNumberMarker>{(second ? 2 : 1)}</NextPartNumberMarker><Part><PartNumber>{(second ? 2 : 1)}</PartNumber><LastModified>2020-01-0{(second ? 3 : 2)}T00:00:00.000Z</LastModified></Part></ListPartsResult>");
            },
            Cancel);
        var upload = Assert.Single(await server.Open().ListUploads("team/", Cancel).ToListAsync(Cancel));
        if (told)
            Assert.Equal(new DateTimeOffset(2020, 1, 3, 0, 0, 0, TimeSpan.Zero), upload.Modified);
        else
            Assert.True(upload.Modified > DateTimeOffset.UtcNow.AddMinutes(-5));
    }

    /// <summary>Accepts everything; objects are as long as their parts.</summary>
    Task Working(WireRequest request, HttpResponse response)
    {
        response.Headers.ETag = "\"0123456789abcdef0123456789abcdef\"";
        switch (S3Wire.KindOf(request))
        {
            case WireKind.Begin:
                return response.WriteAsync("<InitiateMultipartUploadResult><Bucket>canned</Bucket><Key>team/big</Key><UploadId>id1</UploadId></InitiateMultipartUploadResult>");
            case WireKind.Put or WireKind.Part:
                sent = request.Bytes!.Value;
                return Task.CompletedTask;
            case WireKind.Complete:
                return response.WriteAsync("<CompleteMultipartUploadResult><ETag>\"0123456789abcdef0123456789abcdef-1\"</ETag></CompleteMultipartUploadResult>");
            case WireKind.Head:
                response.Headers.LastModified = "Sun, 22 Nov 2026 02:00:00 GMT";
                response.ContentLength = sent;
                return Task.CompletedTask;
            case WireKind.Abort or WireKind.Delete:
                response.StatusCode = 204;
                return Task.CompletedTask;
            default:
                return Task.CompletedTask;
        }
    }

    static (string Sse, string Key, string Class) Asked(CannedS3 server, WireKind kind)
    {
        var headers = server.Requests.Single(seen => S3Wire.KindOf(seen.Request) == kind).Request.Headers;
        return (headers["x-amz-server-side-encryption"].ToString(), headers["x-amz-server-side-encryption-aws-kms-key-id"].ToString(), headers["x-amz-storage-class"].ToString());
    }

    static X509Certificate2 Localhost()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }
}
