using System.Globalization;
using BackupRunner.Storage;
using BackupRunner.Storage.S3;
using Microsoft.AspNetCore.Http;

namespace BackupRunner.Tests.Storage.S3;

/// <summary>Servers that know a part of the protocol, or know it otherwise: none of them may make a bad backup, or hold a run for ever.</summary>
public sealed class S3OtherServersTests
{
    static readonly StoredObject Listed = new("team/a", 5, new DateTimeOffset(2026, 11, 22, 2, 0, 0, TimeSpan.Zero), "0123");

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0, "\"4567\"", null, "hello")]
    [InlineData(0, "\"0123\"", null, "hell")]
    [InlineData(2, "\"0123\"", null, "hel")]
    [InlineData(2, "\"0123\"", "bytes 0-2/5", "hel")]
    public async Task Bytes_that_were_not_asked_for_are_refused(int offset, string etag, string? range, string body)
    {
        await using var server = await CannedS3.Start((_, response) => CannedS3.Part(response, etag, range, body), Cancel);
        var told = await Assert.ThrowsAsync<RunnerException>(() => server.Open().OpenRead(Listed, offset, Cancel));
        Assert.Contains("has changed or was deleted since it was listed", told.Message, StringComparison.Ordinal);
        Assert.Null(told.Retry);
    }

    [Fact]
    public async Task Bytes_that_were_asked_for_are_read()
    {
        await using var server = await CannedS3.Start((_, response) => CannedS3.Part(response, "\"0123\"", "bytes 2-4/5", "llo"), Cancel);
        await using var stream = await server.Open().OpenRead(Listed, 2, Cancel);
        using var reader = new StreamReader(stream);
        Assert.Equal("llo", await reader.ReadToEndAsync(Cancel));
        var headers = Assert.Single(server.Requests).Request.Headers;
        Assert.Equal(("\"0123\"", "bytes=2-4"), (headers.IfMatch.ToString(), headers.Range.ToString()));
    }

    [Theory]
    [InlineData(404, "NoSuchKey")]
    [InlineData(412, "PreconditionFailed")]
    [InlineData(416, "InvalidRange")]
    public async Task An_object_that_went_or_changed_is_told_as_such(int status, string code)
    {
        await using var server = await CannedS3.StartRefusing(status, code, "in its own words", Cancel);
        var told = await Assert.ThrowsAsync<RunnerException>(() => server.Open().OpenRead(Listed, 2, Cancel));
        Assert.Contains("has changed or was deleted since it was listed", told.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_that_points_to_itself_is_an_error()
    {
        await using var server = await CannedS3.Start(
            (request, response) => response.WriteAsync(
                request.HasQuery("uploads")
                    ? "<ListMultipartUploadsResult><IsTruncated>true</IsTruncated><Upload><Key>team/a</Key><UploadId>id1</UploadId><Initiated>2020-01-01T00:00:00.000Z</Initiated></Upload></ListMultipartUploadsResult>"
                    : "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>same</NextContinuationToken></ListBucketResult>"),
            Cancel);
        var objects = await Assert.ThrowsAsync<RunnerException>(() => server.Open().ListPage("team/", "same", Cancel));
        Assert.Contains("its listing goes on, but not where", objects.Message, StringComparison.Ordinal);
        var uploads = await Assert.ThrowsAsync<RunnerException>(() => server.Open().ListUploadsPage("team/", "id1 team/a", Cancel));
        Assert.Contains("its listing goes on, but not where", uploads.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Parts_whose_next_page_is_the_same_page_are_not_asked_for_for_ever()
    {
        var pages = 0;
        await using var server = await CannedS3.Start(
            (request, response) =>
            {
                if (!request.HasQuery("uploadId"))
                    return response.WriteAsync("<ListMultipartUploadsResult><Upload><Key>team/a</Key><UploadId>id1</UploadId><Initiated>2020-01-01T00:00:00.000Z</Initiated></Upload></ListMultipartUploadsResult>");
                response.StatusCode = ++pages > 5 ? 500 : 200;
                return response.WriteAsync("<ListPartsResult><IsTruncated>true</IsTruncated><NextPartNumberMarker>1</NextPartNumberMarker><Part><PartNumber>1</PartNumber><LastModified>2020-01-02T00:00:00.000Z</LastModified></Part></ListPartsResult>");
            },
            Cancel);
        var upload = Assert.Single((await server.Open().ListUploadsPage("team/", null, Cancel)).Items);
        Assert.Equal(new DateTimeOffset(2020, 1, 2, 0, 0, 0, TimeSpan.Zero), upload.Modified);
    }

    [Fact]
    public async Task An_upload_is_as_old_as_its_newest_part_on_whichever_page_that_is()
    {
        await using var server = await CannedS3.Start(
            (request, response) =>
            {
                if (!request.HasQuery("uploadId"))
                    return response.WriteAsync("<ListMultipartUploadsResult><Upload><Key>team/a</Key><UploadId>id1</UploadId><Initiated>2020-01-01T00:00:00.000Z</Initiated></Upload></ListMultipartUploadsResult>");
                var second = request.HasQuery("part-number-marker");
                return response.WriteAsync($"<ListPartsResult><IsTruncated>{(second ? "false" : "true")}</IsTruncated><NextPartNumberMarker>1</NextPartNumberMarker><Part><PartNumber>1</PartNumber><LastModified>2020-01-0{(second ? 2 : 3)}T00:00:00.000Z</LastModified></Part></ListPartsResult>");
            },
            Cancel);
        var upload = Assert.Single((await server.Open().ListUploadsPage("team/", null, Cancel)).Items);
        Assert.Equal(new DateTimeOffset(2020, 1, 3, 0, 0, 0, TimeSpan.Zero), upload.Modified);
    }

    /// <summary>Whoever sweeps aborts what is listed: of another folder it is another's.</summary>
    [Fact]
    public async Task Uploads_of_other_keys_than_were_asked_for_are_left_out()
    {
        await using var server = await CannedS3.Start(
            (request, response) => response.WriteAsync(
                request.HasQuery("uploadId")
                    ? "<ListPartsResult></ListPartsResult>"
                    : "<ListMultipartUploadsResult>" + string.Concat(new[] { "team/a", "other/b" }.Select(key => $"<Upload><Key>{key}</Key><UploadId>id1</UploadId><Initiated>2020-01-01T00:00:00.000Z</Initiated></Upload>")) + "</ListMultipartUploadsResult>"),
            Cancel);
        Assert.Equal("team/a", Assert.Single((await server.Open().ListUploadsPage("team/", null, Cancel)).Items).Key);
    }

    [Theory]
    [InlineData("", "team/a%2Fb+c")]
    [InlineData("<EncodingType>url</EncodingType>", "team/a/b c")]
    public async Task Keys_are_decoded_only_where_the_server_says_that_it_encoded_them(string encoding, string key)
    {
        await using var server = await CannedS3.Start(
            (_, response) => response.WriteAsync($"<ListBucketResult>{encoding}<IsTruncated>false</IsTruncated><Contents><Key>team/a%2Fb+c</Key><LastModified>2020-01-01T00:00:07.123Z</LastModified><ETag>\"0123\"</ETag><Size>5</Size></Contents></ListBucketResult>"),
            Cancel);
        var stored = Assert.Single((await server.Open().ListPage("team/", null, Cancel)).Items);
        Assert.Equal(key, stored.Key);
        // As HEAD would tell it.
        Assert.Equal(new DateTimeOffset(2020, 1, 1, 0, 0, 7, TimeSpan.Zero), stored.Modified);
    }

    [Fact]
    public async Task The_deletion_of_what_is_not_there_is_done_also_where_that_is_an_error()
    {
        await using var server = await CannedS3.StartRefusing(404, "NoSuchKey", "none", Cancel);
        await server.Open().Delete("team/a", Cancel);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task An_object_that_may_not_be_asked_for_is_no_missing_object()
    {
        await using var server = await CannedS3.Start(
            (request, response) =>
            {
                if (request.Method != "HEAD")
                    return CannedS3.Part(response, "\"0123\"", "bytes 0-0/5", "h");
                response.StatusCode = 403;
                return Task.CompletedTask;
            },
            Cancel);
        var told = await Assert.ThrowsAsync<RunnerException>(() => server.Open().Head("team/a", Cancel));
        Assert.Contains("access is denied", told.Message, StringComparison.Ordinal);
    }

    /// <summary>Backups are named and expired by this machine's clock.</summary>
    [Fact]
    public async Task A_clock_that_differs_is_not_worked_around()
    {
        await using var server = await CannedS3.Start(
            (_, response) =>
            {
                response.StatusCode = 403;
                response.Headers.Date = DateTimeOffset.UtcNow.AddHours(3).ToString("r", CultureInfo.InvariantCulture);
                return response.WriteAsync(CannedS3.Error("RequestTimeTooSkewed", "too far"));
            },
            Cancel);
        var store = server.Open();
        await Assert.ThrowsAsync<RunnerException>(() => store.ListPage("team/", null, Cancel));
        await Assert.ThrowsAsync<RunnerException>(() => store.ListPage("team/", null, Cancel));
        Assert.Equal(2, server.Requests.Count);
        Assert.All(server.Requests, seen => Assert.InRange(
            DateTimeOffset.ParseExact(seen.Request.Headers["x-amz-date"].ToString(), "yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal),
            DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1)));
    }

    [Fact]
    public async Task A_digest_that_was_sent_and_is_not_liked_is_not_sent_for_ever()
    {
        await using var server = await CannedS3.StartRefusing(400, "InvalidRequest", "the Content-MD5 is not what is wanted", Cancel);
        var store = server.Open();
        Assert.NotNull((await Assert.ThrowsAsync<RunnerException>(() => store.Put("team/a", "x"u8.ToArray(), Cancel))).Retry);
        Assert.Null((await Assert.ThrowsAsync<RunnerException>(() => store.Put("team/a", "x"u8.ToArray(), Cancel))).Retry);
    }

    [Fact]
    public async Task A_completed_upload_whose_object_is_another_is_an_error()
    {
        await using var server = await CannedS3.Start(
            (request, response) =>
            {
                response.Headers.ETag = "\"0123456789abcdef0123456789abcdef\"";
                response.Headers.LastModified = "Sun, 22 Nov 2026 02:00:00 GMT";
                switch (S3Wire.KindOf(request))
                {
                    case WireKind.Begin:
                        return response.WriteAsync("<InitiateMultipartUploadResult><UploadId>id1</UploadId></InitiateMultipartUploadResult>");
                    case WireKind.Complete:
                        return response.WriteAsync("<CompleteMultipartUploadResult></CompleteMultipartUploadResult>");
                    case WireKind.Head:
                        response.ContentLength = 2;
                        return Task.CompletedTask;
                    default:
                        return Task.CompletedTask;
                }
            },
            Cancel);
        await using var upload = await server.Open().BeginUpload("team/big", Cancel);
        await upload.SendPart(1, 0, "x"u8.ToArray(), Cancel);
        var told = await Assert.ThrowsAsync<RunnerException>(() => upload.Complete(Cancel));
        Assert.Contains("is another object than was sent: 2 bytes", told.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(301)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task A_server_that_sends_on_to_another_address_is_told_and_not_followed(int status)
    {
        await using var server = await CannedS3.Start(
            (request, response) =>
            {
                response.StatusCode = status;
                response.Headers.Location = "https://elsewhere.example.com" + request.Target;
                return Task.CompletedTask;
            },
            Cancel);
        var told = await Assert.ThrowsAsync<RunnerException>(() => server.Open().ListPage("team/", null, Cancel));
        Assert.Contains("sends on to another address", told.Message, StringComparison.Ordinal);
        Assert.Contains("storage.endpoint", told.Hint!, StringComparison.Ordinal);
        Assert.Null(told.Retry);
    }

    [Theory]
    [InlineData("eu-west-1", "arn:aws:s3:::b")]
    [InlineData("cn-north-1", "arn:aws-cn:s3:::b")]
    [InlineData("us-gov-west-1", "arn:aws-us-gov:s3:::b")]
    public void Permissions_are_named_in_the_partition_of_the_region(string region, string arn)
    {
        Assert.Equal(arn, new S3Place("b", region, null, "").BucketArn);
        Assert.Equal("arn:aws:s3:::b/team/*", new S3Place("b", region, new Uri("https://minio"), "team").ObjectsArn);
    }
}
