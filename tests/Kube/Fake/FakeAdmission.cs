using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace BackupRunner.Tests.Kube.Fake;

/// <summary>Asks the webhooks of the Mutating- and ValidatingWebhookConfigurations in the storage, by HTTPS, as the server does.</summary>
public sealed class FakeAdmission(FakeCluster cluster)
{
    /// <summary>Where a webhook's Service answers, by <c>namespace/name</c>. The certificate must be for <c>name.namespace.svc</c>.</summary>
    public ConcurrentDictionary<string, Uri> Services { get; } = new();

    /// <summary>The object after every mutating webhook that matches, in the order of their configurations' names.</summary>
    public async Task<JsonObject> Mutate(FakeRequest request, FakeKind kind, string operation, JsonObject item, JsonObject? old, CancellationToken cancel)
    {
        foreach (var webhook in Matching("mutatingwebhookconfigurations", request, kind, operation, item, old))
        {
            var response = await Ask(webhook, request, kind, operation, item, old, cancel);
            if (response?["patch"] is not { } patch)
                continue;
            if ((string?)response["patchType"] != "JSONPatch")
                throw FakeStatusException.Internal($"failed calling webhook \"{webhook.Name}\": received invalid webhook response: webhook returned response.patchType \"{response["patchType"]}\"");
            var text = Convert.FromBase64String((string)patch!);
            item = FakePatch.Operate(item, (JsonArray)JsonNode.Parse(text)!);
            FakeDefaults.Set(kind, item);
        }
        return item;
    }

    /// <summary>Throws what the first denial says.</summary>
    public async Task Validate(FakeRequest request, FakeKind kind, string operation, JsonObject? item, JsonObject? old, CancellationToken cancel)
    {
        if (operation == "DELETE")
        {
            foreach (var webhook in Matching("mutatingwebhookconfigurations", request, kind, operation, item, old))
                await Ask(webhook, request, kind, operation, item, old, cancel);
        }
        foreach (var webhook in Matching("validatingwebhookconfigurations", request, kind, operation, item, old))
            await Ask(webhook, request, kind, operation, item, old, cancel);
    }

    IEnumerable<FakeWebhook> Matching(string configurations, FakeRequest request, FakeKind kind, string operation, JsonObject? item, JsonObject? old)
    {
        if (kind.Group == "admissionregistration.k8s.io" || kind.IsReview)
            yield break;
        var labels = request.Namespace.Length == 0 ? null : cluster.Get("namespaces", "", request.Namespace)?.Metadata["labels"];
        var webhooks = cluster.Storage.List(cluster.Kinds[configurations], "")!.Value.Items.SelectMany(configuration => (configuration.Item["webhooks"] as JsonArray ?? []).Select(one => new FakeWebhook((JsonObject)one!)));
        foreach (var webhook in webhooks.Where(webhook => webhook.Matches(kind, request.Subresource, operation, item, old, labels)))
        {
            bool asked;
            try
            {
                asked = webhook.ConditionsHold(item, old, FakeReview.Of(request, kind, operation, null, null)["request"]!);
            }
            catch (FakeExpressionException problem)
            {
                if (webhook.Ignores)
                    continue;
                throw FakeStatusException.Forbidden(kind.Qualified, kind.Group, kind.Plural, request.Name, problem.Message);
            }
            if (asked)
                yield return webhook;
        }
    }

    // The response; null when the call failed and that is ignored.
    async Task<JsonNode?> Ask(FakeWebhook webhook, FakeRequest request, FakeKind kind, string operation, JsonObject? item, JsonObject? old, CancellationToken cancel)
    {
        if (request.DryRun && !webhook.HasNoSideEffects)
            throw FakeStatusException.BadRequest($"admission webhook \"{webhook.Name}\" does not support dry run");
        var review = FakeReview.Of(request, kind, operation, item, old);
        JsonNode? response;
        try
        {
            var answer = await Post(webhook, review, cancel);
            response = answer?["response"];
            if ((string?)response?["uid"] != (string)review["request"]!["uid"]! || response?["allowed"] is null)
                throw new HttpRequestException($"expected response.uid=\"{review["request"]!["uid"]}\", got \"{response?["uid"]}\"");
        }
        catch (Exception problem) when (problem is HttpRequestException or JsonException or IOException || problem is OperationCanceledException && !cancel.IsCancellationRequested)
        {
            if (webhook.Ignores)
                return null;
            var why = problem is OperationCanceledException ? "context deadline exceeded" : problem.Message;
            throw FakeStatusException.Internal($"failed calling webhook \"{webhook.Name}\": failed to call webhook: {(problem.Message.StartsWith("service ", StringComparison.Ordinal) ? why : $"Post \"{Address(webhook).Address}\": {why}")}");
        }
        request.Warnings.AddRange((response["warnings"] as JsonArray ?? []).Select(warning => (string)warning!));
        return (bool)response["allowed"]! ? response : throw Denied(webhook.Name, response["status"]);
    }

    async Task<JsonNode?> Post(FakeWebhook webhook, JsonObject review, CancellationToken cancel)
    {
        var (address, connect) = Address(webhook);
        using var handler = new SocketsHttpHandler { UseProxy = false };
        handler.SslOptions.CertificateChainPolicy = Trusting(webhook.CaBundle);
        if (connect is not null)
        {
            handler.ConnectCallback = async (_, stop) =>
            {
                var socket = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync(connect.Host, connect.Port, stop);
                return new System.Net.Sockets.NetworkStream(socket, ownsSocket: true);
            };
        }
        using var client = new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(webhook.TimeoutSeconds) };
        using var call = new HttpRequestMessage(HttpMethod.Post, $"{address}?timeout={webhook.TimeoutSeconds}s") { Content = new StringContent(review.ToJsonString(), Encoding.UTF8) };
        call.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        call.Headers.UserAgent.ParseAdd("kube-apiserver-admission");
        call.Headers.TryAddWithoutValidation("Accept", "application/json, */*");
        using var answer = await client.SendAsync(call, cancel);
        if (!answer.IsSuccessStatusCode)
            throw new HttpRequestException($"an error on the server (\"{(int)answer.StatusCode}\") has prevented the request from succeeding");
        return JsonNode.Parse(await answer.Content.ReadAsStringAsync(cancel));
    }

    (string Address, Uri? Connect) Address(FakeWebhook webhook)
    {
        if (webhook.Service is not var (service, path))
            return (webhook.Url!, null);
        var parts = service.Split('/');
        return ($"https://{parts[1]}.{parts[0]}.svc:443{path}", Services.GetValueOrDefault(service) ?? throw new HttpRequestException($"service \"{parts[1]}\" not found"));
    }

    static X509ChainPolicy Trusting(string caBundle)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        if (caBundle.Length > 0)
            policy.CustomTrustStore.ImportFromPem(Encoding.UTF8.GetString(Convert.FromBase64String(caBundle)));
        return policy;
    }

    static FakeStatusException Denied(string webhook, JsonNode? status)
    {
        var denied = $"admission webhook \"{webhook}\" denied the request";
        var (message, reason) = ((string?)status?["message"] ?? "", (string?)status?["reason"] ?? "");
        var code = (int?)status?["code"] is >= 400 and var given ? given : 400;
        return new FakeStatusException(code, reason, message.Length > 0 ? $"{denied}: {message}" : reason.Length > 0 ? $"{denied}: {reason}" : denied + " without explanation", status?["details"]?.DeepClone() as JsonObject);
    }
}
