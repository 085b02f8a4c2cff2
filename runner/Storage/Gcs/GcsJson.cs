using System.Text.Json.Serialization;

namespace BackupRunner.Storage.Gcs;

/// <summary>What is read of an object resource of the JSON API v1. 64-bit numbers are texts there.</summary>
sealed record GcsObject(string? Name, string? Size, string? Generation, DateTimeOffset? TimeCreated, string? Crc32c)
{
    /// <summary>The fields that <see cref="Stored"/> needs, for a request's <c>fields</c>.</summary>
    public const string Fields = "name,size,generation,timeCreated";

    /// <exception cref="IOException">The answer lacks one of them.</exception>
    public StoredObject Stored() => Name is not null && Generation is not null && TimeCreated is { } created && long.TryParse(Size, out var bytes)
        ? new StoredObject(Name, bytes, created, Generation)
        : throw new IOException("an answer describes no object");
}

/// <summary>What is sent of an object resource: a checksum that is given is checked by the service before it makes the object visible.</summary>
sealed record GcsNewObject(string Name, string ContentType, string? Crc32c, string? Md5Hash);

sealed record GcsListing(string? NextPageToken, IReadOnlyList<GcsObject>? Items);

sealed record GcsError(GcsErrorBody? Error);

sealed record GcsErrorBody(string? Message, IReadOnlyList<GcsErrorItem>? Errors);

sealed record GcsErrorItem(string? Reason);

/// <summary>Of a file with credentials: which kind it is of.</summary>
sealed record GcsCredentialKind(string? Type);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(GcsObject))]
[JsonSerializable(typeof(GcsNewObject))]
[JsonSerializable(typeof(GcsListing))]
[JsonSerializable(typeof(GcsError))]
[JsonSerializable(typeof(GcsCredentialKind))]
sealed partial class GcsJson : JsonSerializerContext;
