using System.Text;
using System.Text.Json.Nodes;
using BackupRunner.Tests.Kube.Fake;

namespace BackupRunner.Tests.Webhook;

/// <summary>What is stored of certificates in a cluster.</summary>
static class TlsObjects
{
    public const string Secret = "/api/v1/namespaces/backup-system/secrets/backup-webhook-tls";

    public static readonly string[] Configurations = ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"];

    public static JsonObject? StoredSecret(this FakeKubeApi api) => api.Cluster.Get("secrets", "backup-system", "backup-webhook-tls")?.Item;

    public static string Field(this FakeKubeApi api, string name) => Encoding.ASCII.GetString(Convert.FromBase64String((string)api.StoredSecret()!["data"]![name]!));

    /// <summary>Of every webhook of both configurations; null: none.</summary>
    public static IReadOnlyList<string?> Bundles(this FakeKubeApi api) =>
        [.. Configurations.SelectMany(plural => ((JsonArray)api.Cluster.Get(plural, "", "backup-webhook")!.Item["webhooks"]!).Select(webhook => (string?)webhook!["clientConfig"]!["caBundle"]))
            .Select(text => text is null ? null : Encoding.ASCII.GetString(Convert.FromBase64String(text)))];

    public static int Writes(this FakeKubeApi api) => api.Log.Count(call => call.Verb is "create" or "update" or "patch" && call.User.EndsWith(":backup-webhook", StringComparison.Ordinal));
}
