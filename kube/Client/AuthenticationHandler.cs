using System.Net;
using System.Net.Http.Headers;

namespace BackupRunner.Kube;

/// <summary>Says who we are, with each request; once more with the token read again when the server does not know it.</summary>
sealed class AuthenticationHandler(string? serverName, TokenSource? tokens, HttpMessageHandler inner) : DelegatingHandler(inner)
{
    static readonly ProductInfoHeaderValue Product =
        new("backup-runner", typeof(AuthenticationHandler).Assembly.GetName().Version?.ToString(3) ?? "0");

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Headers.UserAgent.Add(Product);
        // The name to verify in the certificate is taken from the Host header.
        request.Headers.Host = serverName;
        request.Headers.Authorization = Bearer(tokens?.Current());
        var response = await base.SendAsync(request, cancellationToken);
        if (response.StatusCode != HttpStatusCode.Unauthorized || tokens?.Renewed() is not { } renewed)
            return response;
        response.Dispose();
        request.Headers.Authorization = Bearer(renewed);
        return await base.SendAsync(request, cancellationToken);
    }

    static AuthenticationHeaderValue? Bearer(string? token) => token is null ? null : new("Bearer", token);
}
