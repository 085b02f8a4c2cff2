using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using BackupRunner.Kube;

namespace BackupRunner.Webhook.Tls;

/// <summary>The authorities that the API server trusts, in each webhook of a webhook configuration.</summary>
static class CaBundle
{
    public static IReadOnlyList<KubeResource<KubeObject>> Configurations { get; } =
    [
        KubeResources.Any("admissionregistration.k8s.io", "v1", "mutatingwebhookconfigurations") with { Kind = "MutatingWebhookConfiguration" },
        KubeResources.Any("admissionregistration.k8s.io", "v1", "validatingwebhookconfigurations") with { Kind = "ValidatingWebhookConfiguration" },
    ];

    /// <summary>The configuration with that bundle in each of its webhooks, and else as it was. Null: it is there already.</summary>
    /// <param name="bundle">PEM.</param>
    public static KubeObject? Repaired(KubeObject configuration, string bundle)
    {
        if (configuration.Unknown?.GetValueOrDefault("webhooks") is not { ValueKind: JsonValueKind.Array } webhooks)
            return null;
        var wanted = Convert.ToBase64String(Encoding.ASCII.GetBytes(bundle));
        var (next, changed) = (JsonArray.Create(webhooks)!, false);
        foreach (var client in next.OfType<JsonObject>().Select(webhook => webhook["clientConfig"]).OfType<JsonObject>().Where(client => !Holds(client, wanted)))
        {
            client["caBundle"] = wanted;
            changed = true;
        }
        return changed ? configuration with { Unknown = new(configuration.Unknown) { ["webhooks"] = JsonSerializer.SerializeToElement(next) } } : null;
    }

    static bool Holds(JsonObject client, string wanted) => client["caBundle"] is JsonValue value && value.TryGetValue<string>(out var held) && held == wanted;
}
