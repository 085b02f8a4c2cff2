using BackupRunner.Reports;

namespace BackupRunner.Storage.AzureBlobs;

/// <summary>What the portal and <c>az storage account show-connection-string</c> give: <c>Name=value</c>, separated by semicolons.</summary>
/// <param name="Account">Null when it names none, as one with a signature may.</param>
/// <param name="Endpoint">Of the blob service; null when it names neither it nor an account.</param>
public sealed record AzureConnectionString(string? Account, Uri? Endpoint, AzureAccess Access)
{
    const string Hint = "copy the whole string: az storage account show-connection-string --name ACCOUNT";

    /// <exception cref="RunnerException">Exit 2: it is none. The message shows nothing of it.</exception>
    public static AzureConnectionString Parse(string text)
    {
        var values = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var setting in text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var equals = setting.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || !values.TryAdd(setting[..equals], setting[(equals + 1)..]))
                throw Refused("is no list of Name=value separated by semicolons, each name once");
        }
        if (values.ContainsKey("UseDevelopmentStorage"))
            throw Refused("is the emulator's short form", "set \"endpoint\" in the policy and \"accountKey\" in the Secret instead");
        var account = values.GetValueOrDefault("AccountName");
        AzureAccess access = values.TryGetValue("AccountKey", out var key) ? new AzureAccess.SharedKey(AzureSecret.Key(key, AzureSecret.ConnectionString))
            : values.TryGetValue("SharedAccessSignature", out var token) ? new AzureAccess.Signature(SasToken.Parse(token, AzureSecret.ConnectionString))
            : throw Refused("holds neither an AccountKey nor a SharedAccessSignature");
        return new AzureConnectionString(account, EndpointOf(values, account), access);
    }

    static Uri? EndpointOf(Dictionary<string, string> values, string? account)
    {
        if (values.TryGetValue("BlobEndpoint", out var blob))
        {
            return Uri.TryCreate(blob, UriKind.Absolute, out var endpoint) && endpoint.Scheme is "http" or "https" && endpoint is { UserInfo: "", Query: "", Fragment: "" }
                ? endpoint
                : throw Refused("holds a BlobEndpoint that is no address");
        }
        if (account is null)
            return null;
        var address = $"{values.GetValueOrDefault("DefaultEndpointsProtocol", "https")}://{account}.blob.{values.GetValueOrDefault("EndpointSuffix", "core.windows.net")}";
        return Uri.TryCreate(address, UriKind.Absolute, out var usual) && usual.Scheme is "http" or "https"
            ? usual
            : throw Refused("does not make an address");
    }

    static RunnerException Refused(string why, string hint = Hint) => new(ExitCode.Usage, $"\"{AzureSecret.ConnectionString}\" in the credentials {why}", hint);
}
