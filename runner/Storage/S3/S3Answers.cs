using System.Globalization;
using Amazon.S3.Model;
using BackupRunner.Reports;

namespace BackupRunner.Storage.S3;

/// <summary>The library's answers as our values.</summary>
static class S3Answers
{
    /// <exception cref="RunnerException">Exit 4: the answer lacks what every object has.</exception>
    public static StoredObject Stored(string key, GetObjectMetadataResponse head) => new(key, head.ContentLength, Seconds(head.LastModified), Unquoted(head.ETag));

    public static Page<StoredObject> Objects(ListObjectsV2Response answer) => new(
        [.. (answer.S3Objects ?? []).Select(item => new StoredObject(item.Key, item.Size ?? 0, Seconds(item.LastModified), Unquoted(item.ETag)))],
        answer.IsTruncated == true ? answer.NextContinuationToken : null);

    /// <summary>A server may list more than it was asked for.</summary>
    public static Page<UnfinishedUpload> Uploads(ListMultipartUploadsResponse answer, string prefix)
    {
        var all = answer.MultipartUploads ?? [];
        var next = answer.IsTruncated == true
            ? $"{answer.NextUploadIdMarker ?? all[^1].UploadId} {answer.NextKeyMarker ?? all[^1].Key}"
            : null;
        return new Page<UnfinishedUpload>(
            [.. from upload in all where upload.Key.StartsWith(prefix, StringComparison.Ordinal) select new UnfinishedUpload(upload.Key, upload.UploadId, Seconds(upload.Initiated))],
            next);
    }

    /// <summary>The key and the upload that a page of uploads begins after; ids have no space in them, keys may.</summary>
    public static (string? Key, string? UploadId) Markers(string? token) => token?.Split(' ', 2) is [var uploadId, var key] ? (key, uploadId) : (null, null);

    /// <summary>Whether a GET brings the bytes of <paramref name="stored"/> from <paramref name="offset"/> to its end. A server that does not know If-Match or Range brings others.</summary>
    public static bool IsRest(GetObjectResponse answer, StoredObject stored, long offset) =>
        answer.ContentLength == stored.Bytes - offset
        && Unquoted(answer.ETag) == stored.Version
        && (answer.ContentRange is null ? offset == 0 : answer.ContentRange.StartsWith(string.Create(CultureInfo.InvariantCulture, $"bytes {offset}-"), StringComparison.Ordinal));

    public static string Quoted(string version) => $"\"{version}\"";

    public static string Unquoted(string? tag) => tag?.Trim('"') ?? "";

    public static RunnerException Vanished(string address) =>
        new(ExitCode.Storage, $"\"{address}\" was stored but is not there", "does another program, or a rule of the bucket, delete what is written");

    // HEAD tells whole seconds, listings may tell more: the same object must read the same.
    static DateTimeOffset Seconds(DateTime? time)
    {
        var utc = (time ?? DateTime.UnixEpoch).ToUniversalTime();
        return new DateTimeOffset(utc.Ticks - utc.Ticks % TimeSpan.TicksPerSecond, TimeSpan.Zero);
    }
}
