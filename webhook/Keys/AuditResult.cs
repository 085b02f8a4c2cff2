using System.Text.Json;
using System.Text.Json.Nodes;
using BackupRunner.Keys;
using BackupRunner.Kube;
using BackupRunner.Webhook.Plans;

namespace BackupRunner.Webhook.Keys;

/// <summary>What an audit's Job and pods say.</summary>
static class AuditResult
{
    /// <summary>Null: it goes on.</summary>
    public static bool? Succeeded(KubeObject job)
    {
        var conditions = job.Unknown?.GetValueOrDefault("status") is { ValueKind: JsonValueKind.Object } status && status.TryGetProperty("conditions", out var list) && list.ValueKind == JsonValueKind.Array
            ? list.EnumerateArray().Where(condition => Text(condition, "status") == "True").Select(condition => Text(condition, "type")).ToList()
            : [];
        return conditions.Contains("Complete") ? true : conditions.Contains("Failed") ? false : null;
    }

    /// <param name="job">The uid of the Job that must have made the pod.</param>
    /// <returns>Null: the pod is another's, did not succeed, or does not tell all ids.</returns>
    public static IReadOnlySet<KeyId>? KeyIds(Pod pod, string job)
    {
        if (pod.Metadata.OwnerReferences?.Any(owner => owner is { Controller: true } && owner.Uid == job) != true)
            return null;
        var container = pod.Status?.ContainerStatuses?.FirstOrDefault(container => container.Name == AuditJob.Container);
        return container?.State?.Terminated is { ExitCode: 0, Message: { } message } ? Read(message) : null;
    }

    static HashSet<KeyId>? Read(string message)
    {
        try
        {
            if (JsonNode.Parse(message) is not JsonObject report || (string?)(report["verb"] as JsonValue) != "keys audit" || report["auditKeyIds"] is not JsonArray list)
                return null;
            var ids = list.Select(item => item is JsonValue value && value.TryGetValue(out string? text) ? KeyId.Parse(text) : null).ToHashSet();
            return ids.Contains(null) ? null : [.. ids.OfType<KeyId>()];
        }
        catch (Exception e) when (e is JsonException or ArgumentException or InvalidOperationException)
        {
            return null;
        }
    }

    static string? Text(JsonElement of, string name) =>
        of.ValueKind == JsonValueKind.Object && of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
