using System.Net;
using System.Text;

namespace BackupRunner.Tests.Storage.AzureBlobs;

/// <summary>Microsoft Entra and a blob service without blobs. There is no metadata service.</summary>
sealed class Entra : HttpMessageHandler
{
    public string? Refusal { get; set; }

    public HttpStatusCode RefusalStatus { get; set; } = HttpStatusCode.Unauthorized;

    public List<string> TokenRequests { get; } = [];

    public List<string> Authorizations { get; } = [];

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var address = request.RequestUri!;
        if (address.Host == "acct.blob.core.windows.net")
        {
            Authorizations.Add(request.Headers.Authorization!.ToString());
            var missing = new HttpResponseMessage(HttpStatusCode.NotFound);
            missing.Headers.Add("x-ms-error-code", "BlobNotFound");
            return missing;
        }
        if (address.AbsolutePath.EndsWith("/oauth2/v2.0/token", StringComparison.Ordinal))
        {
            TokenRequests.Add(await request.Content!.ReadAsStringAsync(cancellationToken));
            return Refusal is null
                ? Json(HttpStatusCode.OK, "{\"token_type\":\"Bearer\",\"expires_in\":3600,\"access_token\":\"the-token\"}")
                : Json(RefusalStatus, Refusal);
        }
        return address.AbsolutePath.Contains("/discovery/instance", StringComparison.Ordinal)
            ? Json(HttpStatusCode.OK, "{\"tenant_discovery_endpoint\":\"https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration\",\"api-version\":\"1.1\",\"metadata\":[]}")
            : throw new HttpRequestException($"no {address.Host} here");
    }

    static HttpResponseMessage Json(HttpStatusCode status, string text) => new(status) { Content = new StringContent(text, Encoding.UTF8, "application/json") };
}
