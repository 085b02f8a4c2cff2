using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace BackupRunner.Kube;

/// <summary>One request, which can be sent any number of times.</summary>
/// <param name="Words">How messages name it: <c>get pods "redis-0" in namespace "shop"</c>.</param>
sealed record KubeCall(HttpMethod Method, string PathAndQuery, string Words)
{
    const string Json = "application/json";

    public byte[]? Body { get; init; }

    public string ContentType { get; init; } = Json;

    public static KubeCall To<T>(HttpMethod method, string verb, KubeResource<T> of, string? ns, string? name, string query = "") where T : KubeObject =>
        new(method, of.Path(ns, name) + query, $"{verb} {of}{(name is null ? "" : $" \"{name}\"")}{(ns is null ? "" : $" in namespace \"{ns}\"")}");

    public HttpRequestMessage Request(Uri server)
    {
        // The server may be below a path (kubectl proxies, Rancher).
        var request = new HttpRequestMessage(Method, server.AbsoluteUri.TrimEnd('/') + PathAndQuery);
        request.Headers.Accept.Add(new(Json));
        if (Body is not null)
            request.Content = new ByteArrayContent(Body) { Headers = { ContentType = new MediaTypeHeaderValue(ContentType) } };
        return request;
    }

    public KubeException Failed(KubeStatus status, HttpStatusCode? httpStatus, Exception? inner = null) => new(Words, status, httpStatus, inner);

    /// <summary>The server was not reached, or did not answer to the end.</summary>
    public KubeException Unreachable(string reason, Exception? inner) => Failed(new() { Status = "Failure", Message = reason }, null, inner);

    /// <summary>The server answered, and it is not what a server answers.</summary>
    public KubeException Unreadable(HttpStatusCode httpStatus, JsonException inner) =>
        Failed(new() { Status = "Failure", Message = $"the server's answer is not the JSON that was expected: {inner.Message}" }, httpStatus, inner);
}
