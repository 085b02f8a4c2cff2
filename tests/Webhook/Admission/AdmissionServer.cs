using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using BackupRunner.Kube;
using BackupRunner.Tests.Hooks;
using BackupRunner.Tests.Kube.Fake;
using BackupRunner.Tests.Support;
using BackupRunner.Webhook.Admission;
using BackupRunner.Webhook.Status.Metrics;
using BackupRunner.Webhook.Workloads;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace BackupRunner.Tests.Webhook;

/// <summary>The endpoints behind TLS of Kestrel, on a loopback port.</summary>
sealed class AdmissionServer : IAsyncDisposable
{
    const string Name = "backup-webhook.backup-system.svc";

    readonly WebApplication app;
    readonly AdmissionEndpoints endpoints;
    readonly HttpClient client;

    AdmissionServer(WebApplication app, AdmissionEndpoints endpoints, X509Certificate2 root)
    {
        (this.app, this.endpoints) = (app, endpoints);
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(root);
        var handler = new SocketsHttpHandler { UseProxy = false };
        handler.SslOptions.CertificateChainPolicy = policy;
        handler.SslOptions.TargetHost = Name;
        client = new HttpClient(handler) { BaseAddress = Address };
    }

    public required WebhookMetrics Metrics { get; init; }

    public Uri Address => new(app.Urls.Single());

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<AdmissionServer> Start(TestAuthority authority, IClusterView view, Func<SubjectAccessReview, CancellationToken, Task<bool>> isAllowed)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        var certificate = authority.Issue(Name, IPAddress.Loopback);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate)));
        var app = builder.Build();
        // Its three seconds are for an API server that hangs, and not for a machine that is busy.
        var decisions = new AdmissionDecisions(view, new AccessReviews(isAllowed, new ManualTime()), Scene.Defaults);
        var metrics = new WebhookMetrics();
        var endpoints = new AdmissionEndpoints(decisions, TimeProvider.System, NullLogger<AdmissionEndpoints>.Instance, metrics.Admission);
        AdmissionEndpoints.Map(app, endpoints);
        await app.StartAsync(Cancel);
        return new AdmissionServer(app, endpoints, authority.Certificate) { Metrics = metrics };
    }

    /// <summary>Has the fake API server ask here, by the configurations that an installation has.</summary>
    public async Task Register(FakeKubeApi api, FakeCaller admin)
    {
        api.Cluster.Admission.Services["backup-system/backup-webhook"] = Address;
        foreach (var (kind, verb) in new[] { ("Mutating", "mutate"), ("Validating", "validate") })
        {
            JsonObject Entry(string name, string rules, string? condition) => new()
            {
                ["name"] = $"{name}.{verb}.backup.middleware.io",
                ["clientConfig"] = new JsonObject
                {
                    ["service"] = new JsonObject { ["namespace"] = "backup-system", ["name"] = "backup-webhook", ["path"] = "/" + verb },
                    ["caBundle"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(api.AuthorityPem)),
                },
                ["rules"] = JsonNode.Parse(rules),
                ["sideEffects"] = "None",
                ["admissionReviewVersions"] = new JsonArray("v1"),
                ["timeoutSeconds"] = 10,
                ["failurePolicy"] = "Fail",
                ["matchConditions"] = condition is null ? null : new JsonArray(new JsonObject { ["name"] = "ours", ["expression"] = condition }),
            };
            var configuration = new JsonObject
            {
                ["apiVersion"] = "admissionregistration.k8s.io/v1",
                ["kind"] = kind + "WebhookConfiguration",
                ["metadata"] = new JsonObject { ["name"] = "backup-webhook" },
                ["webhooks"] = new JsonArray(
                    Entry("workloads", """[{"operations":["CREATE","UPDATE"],"apiGroups":["apps"],"apiVersions":["v1"],"resources":["statefulsets","deployments"]}]""", Kube.Transcripts.AdmissionReplayTests.OurAnnotations),
                    Entry("jobs", """[{"operations":["CREATE"],"apiGroups":["batch"],"apiVersions":["v1"],"resources":["jobs"]}]""", Kube.Transcripts.AdmissionReplayTests.OurAnnotations),
                    Entry("own", """[{"operations":["CREATE","UPDATE","DELETE"],"apiGroups":["backup.middleware.io"],"apiVersions":["v1"],"resources":["*"]}]""", null)),
            };
            var made = await admin.Call("POST", $"/apis/admissionregistration.k8s.io/v1/{kind.ToLowerInvariant()}webhookconfigurations", configuration.ToJsonString());
            Assert.True(made.Status == 201, made.Text);
        }
    }

    public async Task<(int Status, string Text)> Send(string method, string path, HttpContent? content)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = content };
        using var answer = await client.SendAsync(request, Cancel);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancel));
    }

    public Task<(int Status, string Text)> Post(string path, byte[] body, string? type = "application/json")
    {
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = type is null ? null : MediaTypeHeaderValue.Parse(type);
        return Send("POST", path, content);
    }

    public async Task<Seen> Ask(string path, byte[] body)
    {
        var (status, text) = await Post(path, body);
        Assert.True(status == 200, $"{status}: {text}");
        return Seen.Of(JsonNode.Parse(text)!);
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        await app.DisposeAsync();
        endpoints.Dispose();
    }
}
