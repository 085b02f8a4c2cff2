using System.Net;
using System.Net.Http.Headers;
using System.Net.WebSockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;

namespace BackupRunner.Tests.Kube.Fake;

/// <summary>A plain client of the API, with nothing of its own.</summary>
public sealed class FakeCaller : IDisposable
{
    readonly SocketsHttpHandler handler = new() { UseProxy = false };
    readonly HttpClient client;
    readonly Uri address;
    readonly string? token;

    public FakeCaller(FakeKubeApi api, string? token)
        : this(api.Address, token, api.AuthorityPem)
    {
    }

    public FakeCaller(Uri address, string? token, string authority, X509Certificate2? certificate = null)
    {
        (this.address, this.token) = (address, token);
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPem(authority);
        handler.SslOptions.CertificateChainPolicy = policy;
        if (certificate is not null)
            handler.SslOptions.ClientCertificates = [certificate];
        client = new HttpClient(handler) { BaseAddress = address };
        if (token is not null)
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    public string? Agent { get; init; }

    /// <param name="body">JSON, or null for none.</param>
    public async Task<FakeAnswer> Call(string method, string path, string? body = null, string contentType = "application/json")
    {
        using var request = Request(method, path, body, contentType);
        using var answer = await client.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        var warnings = answer.Headers.NonValidated.TryGetValues("Warning", out var all) ? all.ToList() : [];
        return new FakeAnswer((int)answer.StatusCode, answer.Content.Headers.ContentType?.MediaType ?? "", text, warnings, answer.Headers.RetryAfter?.Delta);
    }

    /// <summary>The lines of a watch, as they come.</summary>
    public async IAsyncEnumerable<JsonNode> Watch(string path)
    {
        using var request = Request("GET", path, null, "application/json");
        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        while (await reader.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
            yield return JsonNode.Parse(line)!;
    }

    /// <summary>A WebSocket, or the status of the refusal.</summary>
    public async Task<(ClientWebSocket? Socket, int Status)> Connect(string path, string protocol)
    {
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol(protocol);
        socket.Options.CollectHttpResponseDetails = true;
        if (token is not null)
            socket.Options.SetRequestHeader("Authorization", $"Bearer {token}");
        using var invoker = new HttpMessageInvoker(handler, disposeHandler: false);
        try
        {
            await socket.ConnectAsync(new UriBuilder(new Uri(address, path)) { Scheme = "wss" }.Uri, invoker, TestContext.Current.CancellationToken);
            return (socket, 101);
        }
        catch (WebSocketException)
        {
            var status = (int)socket.HttpStatusCode;
            socket.Dispose();
            return (null, status);
        }
    }

    public void Dispose()
    {
        client.Dispose();
        handler.Dispose();
    }

    HttpRequestMessage Request(string method, string path, string? body, string contentType)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (Agent is not null)
            request.Headers.UserAgent.ParseAdd(Agent);
        if (body is null)
            return request;
        request.Content = new StringContent(body, Encoding.UTF8);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        return request;
    }
}

/// <summary>What the server answered.</summary>
public sealed record FakeAnswer(int Status, string MediaType, string Text, IReadOnlyList<string> Warnings, TimeSpan? RetryAfter)
{
    public JsonNode Json => JsonNode.Parse(Text)!;

    public string? Message => (string?)Json["message"];
}
