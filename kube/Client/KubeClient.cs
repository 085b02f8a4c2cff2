using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace BackupRunner.Kube;

/// <summary>
/// The API server's objects. Failures are <see cref="KubeException"/>; 429, 5xx and outages are tried again where that is safe.
/// Any number of calls may run at once.
/// </summary>
public sealed class KubeClient(KubeConfig config, TimeProvider time) : IDisposable
{
    readonly KubeTransport transport = new(config, time);

    /// <summary>Ours.</summary>
    public string Namespace => config.Namespace;

    /// <summary>Null: there is none of that name.</summary>
    public async Task<T?> Get<T>(KubeResource<T> of, string? ns, string name, CancellationToken cancel) where T : KubeObject
    {
        try
        {
            return await Send(of, KubeCall.To(HttpMethod.Get, "get", of, ns, name), cancel);
        }
        catch (KubeException e) when (IsAbsence(e))
        {
            return null;
        }
    }

    /// <summary>As one moment saw them, page by page. A listing that takes longer than the server remembers ends with one that <see cref="KubeException.IsGone"/>.</summary>
    public async IAsyncEnumerable<T> List<T>(KubeResource<T> of, string? ns, ListOptions options, [EnumeratorCancellation] CancellationToken cancel)
        where T : KubeObject
    {
        await foreach (var page in Pages(of, ns, options, cancel))
            foreach (var item in page.Items)
                yield return item;
    }

    /// <summary>
    /// Everything there is (Added), then Synced, then each change; never ends but by <paramref name="cancel"/>.
    /// What changed while the server was gone, or further back than it remembers, is found by listing again, which Synced ends again.
    /// </summary>
    /// <exception cref="KubeException">It may not be watched, or there is no such kind.</exception>
    public IAsyncEnumerable<WatchEvent<T>> Watch<T>(KubeResource<T> of, string? ns, ListOptions options, CancellationToken cancel) where T : KubeObject =>
        new Watcher<T>(this, transport, of, ns, options, time).Run(cancel);

    public Task<T> Create<T>(KubeResource<T> of, T item, CancellationToken cancel) where T : KubeObject =>
        Send(of, KubeCall.To(HttpMethod.Post, "create", of, item.Metadata.Namespace, null) with { Body = Json(of, item) }, cancel);

    /// <summary>With its resourceVersion, only if nobody changed it since: otherwise <see cref="KubeException.IsConflict"/>, which is the caller's to settle.</summary>
    public Task<T> Replace<T>(KubeResource<T> of, T item, CancellationToken cancel) where T : KubeObject =>
        Send(of, KubeCall.To(HttpMethod.Put, "replace", of, item.Metadata.Namespace, item.Metadata.Name) with { Body = Json(of, item) }, cancel);

    /// <summary>JSON merge patch (RFC 7396): null removes.</summary>
    public Task<T> MergePatch<T>(KubeResource<T> of, string? ns, string name, JsonObject patch, CancellationToken cancel) where T : KubeObject =>
        Send(of, KubeCall.To(HttpMethod.Patch, "patch", of, ns, name) with { Body = Bytes(patch), ContentType = "application/merge-patch+json" }, cancel);

    /// <summary>Server-side apply: these fields are ours, and what we no longer name goes.</summary>
    /// <param name="force">Take fields from other managers, instead of <see cref="KubeException.IsConflict"/>.</param>
    public Task<T> Apply<T>(KubeResource<T> of, string? ns, string name, JsonObject fields, string fieldManager, bool force, CancellationToken cancel)
        where T : KubeObject
    {
        var query = Query.Of(("fieldManager", fieldManager), ("force", force ? "true" : null));
        var call = KubeCall.To(HttpMethod.Patch, "apply", of, ns, name, query);
        return Send(of, call with { Body = Bytes(fields), ContentType = "application/apply-patch+yaml" }, cancel);
    }

    /// <summary>False: there was none. True: it is gone, or will be once its finalizers are done.</summary>
    public async Task<bool> Delete<T>(KubeResource<T> of, string? ns, string name, DeleteOptions options, CancellationToken cancel) where T : KubeObject
    {
        try
        {
            var call = KubeCall.To(HttpMethod.Delete, "delete", of, ns, name) with { Body = Bytes(DeletionJson(options)) };
            using var _ = await transport.Send(call, cancel);
            return true;
        }
        catch (KubeException e) when (IsAbsence(e))
        {
            return false;
        }
    }

    public async Task<bool> IsAllowed(SubjectAccessReview review, CancellationToken cancel) =>
        (await Create(KubeResources.SubjectAccessReviews, review, cancel)).Status is { Allowed: true };

    /// <summary>Starts a command in a container.</summary>
    /// <param name="cancel">For connecting; a running one is ended by disposing it.</param>
    public Task<KubeExec> Exec(ExecRequest request, CancellationToken cancel) => ExecConnection.Open(config, transport, request, cancel);

    public void Dispose() => transport.Dispose();

    internal async IAsyncEnumerable<ListPage<T>> Pages<T>(KubeResource<T> of, string? ns, ListOptions options, [EnumeratorCancellation] CancellationToken cancel)
        where T : KubeObject
    {
        var (size, next) = (Math.Max(options.PageSize, 1), (string?)null);
        while (true)
        {
            var query = Query.Of(("labelSelector", options.LabelSelector), ("fieldSelector", options.FieldSelector),
                ("limit", Query.Number(size)), ("continue", next));
            ListPage<T> page;
            try
            {
                page = await Page(of, KubeCall.To(HttpMethod.Get, "list", of, ns, null, query), cancel);
            }
            catch (AnswerTooLargeException) when (size > 1)
            {
                size = Math.Max(size / 4, 1);
                continue;
            }
            yield return page;
            if (page.Continue is null)
                yield break;
            next = page.Continue;
        }
    }

    async Task<ListPage<T>> Page<T>(KubeResource<T> of, KubeCall call, CancellationToken cancel) where T : KubeObject
    {
        using var answer = await transport.Send(call, cancel);
        try
        {
            return ListPage<T>.Read(answer.Span, of.Json);
        }
        catch (JsonException e)
        {
            throw call.Unreadable(HttpStatusCode.OK, e);
        }
    }

    async Task<T> Send<T>(KubeResource<T> of, KubeCall call, CancellationToken cancel) where T : KubeObject
    {
        using var answer = await transport.Send(call, cancel);
        try
        {
            return JsonSerializer.Deserialize(answer.Span, of.Json) ?? throw new JsonException("it is null");
        }
        catch (JsonException e)
        {
            throw call.Unreadable(HttpStatusCode.OK, e);
        }
    }

    static byte[] Json<T>(KubeResource<T> of, T item) where T : KubeObject => JsonSerializer.SerializeToUtf8Bytes(item.Named(of.ApiVersion, of.Kind), of.Json);

    static byte[] Bytes(JsonNode node) => Encoding.UTF8.GetBytes(node.ToJsonString());

    static JsonObject DeletionJson(DeleteOptions options)
    {
        var json = new JsonObject { ["kind"] = "DeleteOptions", ["apiVersion"] = "v1" };
        if (options.Propagation is { } propagation)
            json["propagationPolicy"] = propagation.ToString();
        if (options.GracePeriodSeconds is { } seconds)
            json["gracePeriodSeconds"] = seconds;
        var preconditions = new JsonObject();
        if (options.Uid is { } uid)
            preconditions["uid"] = uid;
        if (options.ResourceVersion is { } version)
            preconditions["resourceVersion"] = version;
        if (preconditions.Count > 0)
            json["preconditions"] = preconditions;
        return json;
    }

    /// <summary>The server says that the object is not there; a proxy that knows no such page does not.</summary>
    static bool IsAbsence(KubeException e) => e.IsNotFound && e.Status is { Reason: "NotFound", Details.Name: not null };
}
