using System.Globalization;
using System.Net;
using Amazon.S3;
using Amazon.S3.Model;
using BackupRunner.Reports;

namespace BackupRunner.Storage.S3;

/// <summary>The library's answers as our values.</summary>
static class S3Answers
{
    /// <exception cref="RunnerException">Exit 4: the answer lacks what every object has.</exception>
    public static StoredObject Stored(string key, GetObjectMetadataResponse head) => new(key, head.ContentLength, Seconds(head.LastModified), Unquoted(head.ETag));

    /// <param name="first">A GET of the object's first byte.</param>
    public static StoredObject Stored(string key, GetObjectResponse first) => new(key, WholeBytes(first), Seconds(first.LastModified), Unquoted(first.ETag));

    /// <summary>Content-Range is <c>bytes 0-0/123</c>; a server that does not know ranges sends the whole.</summary>
    static long WholeBytes(GetObjectResponse first) => first.ContentRange is not { } range
        ? first.ContentLength
        : long.TryParse(range.Split('/')[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var bytes)
            ? bytes
            : throw new RunnerException(ExitCode.Storage, $"the store answered with the range \"{S3Text.OneLine(range)}\", without the object's size", "is the endpoint the address of an S3 service");

    /// <param name="token">Of this page.</param>
    public static Page<StoredObject> Objects(ListObjectsV2Response answer, string? token) => new(
        [.. (answer.S3Objects ?? []).Select(item => new StoredObject(Key(item.Key, answer.Encoding), item.Size ?? 0, Seconds(item.LastModified), Unquoted(item.ETag)))],
        answer.IsTruncated == true ? Onward(answer.NextContinuationToken, token) : null);

    /// <summary>A server may list more than it was asked for. The next page begins after the last upload of this one: not every server says so right.</summary>
    public static Page<UnfinishedUpload> Uploads(ListMultipartUploadsResponse answer, string prefix, string? token)
    {
        List<UnfinishedUpload> all = [.. (answer.MultipartUploads ?? []).Select(upload => new UnfinishedUpload(Key(upload.Key, answer.EncodingType), upload.UploadId, Seconds(upload.Initiated)))];
        return new Page<UnfinishedUpload>(
            [.. all.Where(upload => upload.Key.StartsWith(prefix, StringComparison.Ordinal))],
            answer.IsTruncated == true ? Onward(all.Count > 0 ? $"{all[^1].Handle} {all[^1].Key}" : null, token) : null);
    }

    /// <summary>The key and the upload that a page of uploads begins after; ids have no space in them, keys may.</summary>
    public static (string? Key, string? UploadId) Markers(string? token) => token?.Split(' ', 2) is [var uploadId, var key] ? (key, uploadId) : (null, null);

    /// <summary>Whether a GET brings the bytes of <paramref name="stored"/> from <paramref name="offset"/> to its end. A server that does not know If-Match or Range brings others.</summary>
    public static bool IsRest(GetObjectResponse answer, StoredObject stored, long offset) =>
        answer.ContentLength == stored.Bytes - offset
        && Unquoted(answer.ETag) == stored.Version
        && (answer.ContentRange is null ? offset == 0 : answer.ContentRange.StartsWith(string.Create(CultureInfo.InvariantCulture, $"bytes {offset}-"), StringComparison.Ordinal));

    /// <summary>The later of <paramref name="before"/> and the newest part of a page of them.</summary>
    public static DateTimeOffset? Newest(ListPartsResponse answer, DateTimeOffset? before) =>
        (answer.Parts ?? []).Select(part => (DateTimeOffset?)Seconds(part.LastModified)).Append(before).Max();

    /// <summary>Moves <paramref name="request"/> on to the next page of parts.</summary>
    /// <returns>False when the answer names none.</returns>
    public static bool Advances(ListPartsRequest request, ListPartsResponse answer)
    {
        var next = answer.NextPartNumberMarker?.ToString(CultureInfo.InvariantCulture);
        if (next is null || next == request.PartNumberMarker)
            return false;
        request.PartNumberMarker = next;
        return true;
    }

    public static string Quoted(string version) => $"\"{version}\"";

    public static string Unquoted(string? tag) => tag?.Trim('"') ?? "";

    public static RunnerException Vanished(string address) =>
        new(ExitCode.Storage, $"\"{address}\" was stored but is not there", "does another program, or a rule of the bucket, delete what is written");

    // XML cannot spell every key, so that listings are asked for in URL encoding; a server that does not know it does not say so either.
    static string Key(string key, EncodingType? encoding) => encoding == EncodingType.Url ? WebUtility.UrlDecode(key) : key;

    // What is missing from a listing looks as if it was not there.
    static string Onward(string? next, string? token) => string.IsNullOrEmpty(next) || next == token
        ? throw new RunnerException(ExitCode.Storage, "the service says that its listing goes on, but not where", "this server does not list by pages as S3 does")
        : next;

    // HEAD tells whole seconds, listings may tell more: the same object must read the same.
    static DateTimeOffset Seconds(DateTime? time)
    {
        var utc = (time ?? DateTime.UnixEpoch).ToUniversalTime();
        return new DateTimeOffset(utc.Ticks - utc.Ticks % TimeSpan.TicksPerSecond, TimeSpan.Zero);
    }
}
