namespace BackupRunner.Storage.Gcs;

/// <summary>A bucket at an endpoint, and the addresses of the JSON API v1 for it.</summary>
/// <param name="Endpoint">Scheme, host and port; what else it has does not count.</param>
sealed record GcsPlace(Uri Endpoint, string Bucket)
{
    static readonly UriCreationOptions AsWritten = new() { DangerousDisablePathAndQueryCanonicalization = true };

    public string Address => $"gs://{Bucket}";

    public string AddressOf(string key) => $"gs://{Bucket}/{key}";

    public Uri Object(string key, string query) => At($"/storage/v1/b/{Escaped(Bucket)}/o/{Escaped(key)}{query}");

    public Uri Media(string key, string query) => At($"/download/storage/v1/b/{Escaped(Bucket)}/o/{Escaped(key)}{query}");

    public Uri Objects(string query) => At($"/storage/v1/b/{Escaped(Bucket)}/o{query}");

    public Uri Upload(string query) => At($"/upload/storage/v1/b/{Escaped(Bucket)}/o{query}");

    /// <summary>
    /// The address of an upload session, always at this endpoint: whatever host the service calls itself, it is this one that can be reached
    /// from here, and no other gets to see an access token.
    /// </summary>
    /// <param name="location">The service's answer, absolute or not.</param>
    /// <returns>Null when it is no address.</returns>
    public Uri? Session(string? location) =>
        location is not null && Uri.TryCreate(location, AsWritten, out var absolute) && absolute.Scheme is "http" or "https" ? At(absolute.PathAndQuery)
        : location is ['/', not '/', ..] ? At(location)
        : null;

    public static string Escaped(string text) => Uri.EscapeDataString(text);

    Uri At(string pathAndQuery) => new(Endpoint.GetLeftPart(UriPartial.Authority) + pathAndQuery, AsWritten);
}
