using BackupRunner.Reports;

namespace BackupRunner.Storage.AzureBlobs;

/// <summary>
/// The keys of the mounted Secret that are Azure's: <c>accountKey</c>, <c>connectionString</c>, <c>sasToken</c>. One of them, or several
/// that say the same; with none of them the library's own chain is asked.
/// </summary>
/// <param name="Endpoint">Of the blob service, where a connection string names it.</param>
public sealed record AzureSecret(AzureAccess Access, Uri? Endpoint)
{
    public const string AccountKey = "accountKey", ConnectionString = "connectionString", Sas = "sasToken";

    /// <param name="account">The policy's.</param>
    /// <exception cref="RunnerException">Exit 2: what the Secret holds is no credential, or says two things.</exception>
    public static AzureSecret Read(CredentialsFolder? folder, string account)
    {
        var connection = folder?.Read(ConnectionString) is { } text ? AzureConnectionString.Parse(text.Reveal()) : null;
        if (connection?.Account is { } named && named != account)
            throw new RunnerException(ExitCode.Usage, $"\"{ConnectionString}\" in the credentials is of the account \"{named}\", the policy's \"account\" is \"{account}\"", "give the one of the policy's account, or change the policy");
        List<(string Name, AzureAccess Access)> given = [];
        if (folder?.Read(AccountKey) is { } key)
            given.Add((AccountKey, new AzureAccess.SharedKey(Key(key.Reveal(), AccountKey))));
        if (connection is not null)
            given.Add((ConnectionString, connection.Access));
        if (folder?.Read(Sas) is { } token)
            given.Add((Sas, new AzureAccess.Signature(SasToken.Parse(token.Reveal(), Sas))));
        if (given.Select(one => one.Access).Distinct().Count() > 1)
            throw new RunnerException(ExitCode.Usage, $"the credentials hold {string.Join(" and ", given.Select(one => $"\"{one.Name}\""))}, and they are not the same", "keep one of them in the Secret");
        return new AzureSecret(given is [var first, ..] ? first.Access : new AzureAccess.Identity(), connection?.Endpoint);
    }

    /// <exception cref="RunnerException">Exit 2: it is not in base64.</exception>
    public static Secret Key(string text, string source) => text.Length > 0 && Convert.TryFromBase64String(text, new byte[text.Length], out _)
        ? new Secret(text)
        : throw new RunnerException(ExitCode.Usage, $"the key in \"{source}\" of the credentials is not base64", "copy it as it is: az storage account keys list --account-name ACCOUNT");
}
