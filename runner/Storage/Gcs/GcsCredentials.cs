using System.Text.Json;
using BackupRunner.Reports;
using Google.Apis.Auth.OAuth2;

namespace BackupRunner.Storage.Gcs;

/// <summary>
/// Where access tokens come from: <c>serviceAccount.json</c> of the credentials, else the file that GOOGLE_APPLICATION_CREDENTIALS names, else
/// the rest of Google's Application Default Credentials. A file is read at every request, and a new one taken from then on; the token of one
/// that has not changed is kept until shortly before it ends.
/// </summary>
sealed class GcsCredentials(CredentialsFolder? folder, HttpMessageHandler transport, TimeProvider time)
{
    public const string ServiceAccount = "serviceAccount.json";

    const string Variable = "GOOGLE_APPLICATION_CREDENTIALS";

    const string Scope = "https://www.googleapis.com/auth/devstorage.read_write";

    // The library itself would go on for more than six minutes.
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>
    /// The kinds that Google's loader takes from a file. Some of them name servers that are called and files that are read: a file like that
    /// comes from somebody who is trusted.
    /// </summary>
    static readonly HashSet<string> Kinds = ["service_account", "authorized_user", "external_account", "external_account_authorized_user", "impersonated_service_account"];

    readonly GcsTokenTransport tokens = new(transport);
    volatile Loaded? loaded;

    /// <param name="refused">A token that the service did not take: another one is fetched.</param>
    /// <exception cref="RunnerException">Exit 2: the file is no credential. Exit 4: there are no credentials, or no token is given for them.</exception>
    public async Task<AccessTokenWithHeaders> Token(string? refused, CancellationToken cancel)
    {
        using var patience = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, patience.Token);
        try
        {
            var token = await Fetch(await Current(renew: false, either.Token), either.Token);
            return token.AccessToken == refused ? await Fetch(await Current(renew: true, either.Token), either.Token) : token;
        }
        catch (Exception failure) when (failure is not RunnerException && !cancel.IsCancellationRequested)
        {
            throw GcsTokenErrors.Told(failure, Find().From);
        }
    }

    static Task<AccessTokenWithHeaders> Fetch(GoogleCredential credential, CancellationToken cancel) =>
        ((ITokenAccessWithHeaders)credential).GetAccessTokenWithHeadersForRequestAsync(cancellationToken: cancel);

    // Requests at the same time may both load it: they would ask for one token more.
    async Task<GoogleCredential> Current(bool renew, CancellationToken cancel)
    {
        var (found, from) = Find();
        if (!renew && loaded is { } before && Equals(before.From, found))
            return before.Credential;
        var source = found is null ? await Default(cancel) : Load(found, from);
        var credential = source.CreateScoped(Scope).CreateWithHttpClientFactory(tokens);
        loaded = new Loaded(credential, found);
        return credential;
    }

    /// <summary>The file and its path; a null and an empty path where the library looks for itself.</summary>
    (Secret? File, string From) Find() =>
        folder?.Read(ServiceAccount) is { } mounted ? (mounted, Path.Join(folder.ToString(), ServiceAccount))
        : Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } path ? (Named(path), path)
        : (null, "");

    static Secret Named(string path)
    {
        try
        {
            return new Secret(File.ReadAllText(path));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new RunnerException(ExitCode.Storage, $"cannot read the credentials in \"{path}\": {failure.Message.TrimEnd('.')}", $"{Variable} names this file", failure);
        }
    }

    // What the library says of a file that it cannot read may quote the file: it is not told, nor kept.
    static GoogleCredential Load(Secret file, string from)
    {
        try
        {
            var kind = JsonSerializer.Deserialize(file.Reveal(), GcsJson.Default.GcsCredentialKind)?.Type;
            return kind is not null && Kinds.Contains(kind)
                ? CredentialFactory.FromJson(file.Reveal(), kind)
                : throw new RunnerException(ExitCode.Usage, $"the credentials in \"{from}\" are of no known type", $"their \"type\" is one of {string.Join(", ", Kinds.Order())}");
        }
        catch (Exception failure) when (failure is not RunnerException)
        {
            throw new RunnerException(ExitCode.Usage, $"\"{from}\" does not hold credentials of Google Cloud", "it is the JSON file of a service account's key, as it was downloaded");
        }
    }

    static async Task<GoogleCredential> Default(CancellationToken cancel)
    {
        try
        {
            return await GoogleCredential.GetApplicationDefaultAsync(cancel);
        }
        catch (InvalidOperationException none)
        {
            throw new RunnerException(
                ExitCode.Storage, "there are no credentials for Google Cloud Storage",
                $"give --credentials a folder with \"{ServiceAccount}\"; without it, {Variable}, the file of \"gcloud auth application-default login\" and the metadata server of Google Cloud were looked for", none);
        }
    }

    /// <param name="From">The file's text; null where the library looked for itself.</param>
    sealed record Loaded(GoogleCredential Credential, Secret? From);
}
