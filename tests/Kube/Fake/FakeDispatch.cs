using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace BackupRunner.Tests.Kube.Fake;

/// <summary>Which part of the server answers an authorized request, and how its answer is written.</summary>
public sealed class FakeDispatch(FakeCluster cluster, FakeWatches watches, FakeExecs execs)
{
    static readonly System.Text.Json.JsonSerializerOptions Relaxed = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    readonly FakeReads reads = new(cluster);
    readonly FakeUpdates updates = new(cluster);
    readonly FakeDeletes deletes = new(cluster);
    readonly FakeScales scales = new(cluster);
    readonly FakeReviews reviews = new(cluster);

    /// <param name="lost">All is done, but the answer is lost.</param>
    public async Task Serve(HttpContext http, FakeRequest request, bool lost)
    {
        if (!request.IsResource)
        {
            await Plain(http, request);
            return;
        }
        var kind = cluster.Kinds.Find(request.Group, request.Version, request.Plural) ?? throw FakeStatusException.NoSuchPath();
        if (kind.Namespaced && request.Namespace.Length == 0 && request.Verb is not ("list" or "watch"))
            throw FakeStatusException.NoSuchPath();
        var cancel = http.RequestAborted;
        switch (request.Verb)
        {
            case "get" or "create" when request.Subresource == "exec" && kind.Plural == "pods":
                await execs.Serve(http, request, cancel);
                return;
            case "list":
                await reads.List(http, request, kind, cancel);
                return;
            case "watch":
                await watches.Serve(http, request, kind, cancel);
                return;
        }
        var (status, answer) = await Answer(http, request, kind, cancel);
        if (lost)
            http.Abort();
        else
            await Write(http, request, status, answer, cancel);
    }

    public static async Task Fail(HttpContext http, FakeRequest? request, FakeStatusException error)
    {
        if (error.RetryAfter is { } seconds)
            http.Response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (error.Plain is null)
        {
            await Write(http, request, error.Code, error.ToJson(), http.RequestAborted);
            return;
        }
        http.Response.StatusCode = error.Code;
        http.Response.ContentType = "text/plain; charset=utf-8";
        await http.Response.WriteAsync(error.Plain, http.RequestAborted);
    }

    async Task<(int Status, JsonObject Answer)> Answer(HttpContext http, FakeRequest request, FakeKind kind, CancellationToken cancel)
    {
        var body = request.Verb is "get" ? null : await FakeDecoding.Body(http);
        var type = http.Request.ContentType?.Split(';')[0].Trim() ?? "";
        switch (request.Verb, request.Subresource)
        {
            case ("create", "") when kind.IsReview:
                return (201, reviews.Answer(request, kind, body));
            case ("create", "") when request.Name.Length == 0:
                var item = FakeDecoding.Typed(FakeDecoding.Item(body, kind, request.Namespace), kind, request);
                return (201, (await cluster.Writer.Create(request, kind, item, null, cancel)).Item);
            case ("get", "scale") when kind.HasScale:
                return (200, scales.Get(request, kind));
            case ("update" or "patch", "scale") when kind.HasScale:
                return (200, await scales.Set(request, kind, request.Verb == "patch" ? type : "", body, cancel));
            case ("get", "") or ("get", "status") when request.Subresource.Length == 0 || kind.HasStatus:
                var found = (cluster.Storage.Get(FakeKey.Of(kind, request.Namespace, request.Name)) ?? throw FakeStatusException.NotFound(kind, request.Name)).Item;
                return (200, FakeTable.IsAsked(http.Request.Headers.Accept, kind) ? FakeTable.Of(kind, [found], [], cluster.Time.GetUtcNow()) : found);
            case ("update", "") or ("update", "status") when request.Subresource.Length == 0 || kind.HasStatus:
                var (replaced, put) = await updates.Replace(request, kind, body, cancel);
                return (replaced, put.Item);
            case ("patch", "") or ("patch", "status") when request.Subresource.Length == 0 || kind.HasStatus:
                var (patched, stored) = await updates.Patch(request, kind, type, body, cancel);
                return (patched, stored.Item);
            case ("delete", ""):
                return (200, await deletes.Delete(request, kind, body, cancel));
            case ("deletecollection", ""):
                return (200, await DeleteAll(request, kind, body, cancel));
            default:
                throw request.Subresource.Length > 0 ? FakeStatusException.NoSuchPath() : new FakeStatusException(405, "MethodNotAllowed", "the server does not allow this method on the requested resource");
        }
    }

    async Task<JsonObject> DeleteAll(FakeRequest request, FakeKind kind, JsonNode? options, CancellationToken cancel)
    {
        var matches = FakeReads.Selection(request, kind);
        var (items, version) = cluster.Storage.List(kind, request.Namespace)!.Value;
        foreach (var item in items.Where(item => matches(item.Item)))
            await deletes.Delete(request with { Name = (string)item.Metadata["name"]!, Namespace = (string?)item.Metadata["namespace"] ?? "" }, kind, options, cancel);
        return new JsonObject
        {
            ["kind"] = kind.Kind + "List",
            ["apiVersion"] = kind.ApiVersion,
            ["metadata"] = new JsonObject { ["resourceVersion"] = version.ToString(System.Globalization.CultureInfo.InvariantCulture) },
            ["items"] = new JsonArray([.. items.Where(item => matches(item.Item)).Select(item => item.Item.DeepClone())]),
        };
    }

    async Task Plain(HttpContext http, FakeRequest request)
    {
        if (FakeDiscovery.Answer(cluster.Kinds, request.Path) is { } known)
            await Write(http, request, 200, known, http.RequestAborted);
        else if (request.Path == "/version")
            await Write(http, request, 200, new JsonObject { ["major"] = "1", ["minor"] = "36", ["gitVersion"] = "v1.36.0" }, http.RequestAborted);
        else if (request.Path is "/healthz" or "/livez" or "/readyz")
            await http.Response.WriteAsync("ok", http.RequestAborted);
        else
            throw FakeStatusException.NoSuchPath();
    }

    static async Task Write(HttpContext http, FakeRequest? request, int status, JsonObject answer, CancellationToken cancel)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        foreach (var warning in request?.Warnings.Distinct() ?? [])
            http.Response.Headers.Append("Warning", $"299 - \"{warning.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"");
        await http.Response.WriteAsync(answer.ToJsonString(Relaxed), Encoding.UTF8, cancel);
    }
}
