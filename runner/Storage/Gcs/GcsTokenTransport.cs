using Google.Apis.Http;

namespace BackupRunner.Storage.Gcs;

/// <summary>
/// The HTTP that Google's library asks for tokens with: the store's own transport under it, so that proxies and <c>ca.crt</c> count there too, and
/// without the library's repetitions.
/// </summary>
sealed class GcsTokenTransport(HttpMessageHandler transport) : IHttpClientFactory
{
    public ConfigurableHttpClient CreateHttpClient(CreateHttpClientArgs args)
    {
        var handler = new ConfigurableMessageHandler(new Told(transport)) { ApplicationName = args.ApplicationName, GoogleApiClientHeader = args.GoogleApiClientHeader };
        var client = new ConfigurableHttpClient(handler);
        foreach (var initializer in args.Initializers)
            initializer.Initialize(client);
        (handler.NumTries, handler.FollowRedirect) = (1, false);
        return client;
    }

    /// <summary>Remembers which server could not be reached: a credential may ask several.</summary>
    sealed class Told(HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            try
            {
                return await base.SendAsync(request, cancellationToken);
            }
            catch (Exception cut) when (cut is not OperationCanceledException)
            {
                throw new GcsTokenServerException(request.RequestUri!, cut);
            }
        }
    }
}

/// <summary>A server that gives tokens could not be reached.</summary>
sealed class GcsTokenServerException(Uri server, Exception cut) : Exception(cut.Message, cut)
{
    public Uri Server { get; } = server;
}
