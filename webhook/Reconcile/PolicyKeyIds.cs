using System.Text.Json;
using System.Text.Json.Nodes;
using BackupRunner.Keys;
using BackupRunner.Kube;
using BackupRunner.Webhook.Keys;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Reconcile;

/// <summary>What <c>status.keyIds</c> of a BackupPolicy says: which keys its key Secrets held when they were last seen.</summary>
public sealed record PolicyKeyIds(IReadOnlyDictionary<string, IReadOnlyList<KeyId>> BySource)
{
    public static PolicyKeyIds None { get; } = new(new Dictionary<string, IReadOnlyList<KeyId>>());

    public IReadOnlyList<KeyId> Of(SecretId source) => BySource.GetValueOrDefault(source.ToString(), []);

    /// <summary>What is not as the webhook writes it counts as nothing.</summary>
    public static PolicyKeyIds Read(KubeObject policy)
    {
        if (policy.Unknown?.GetValueOrDefault("status") is not { ValueKind: JsonValueKind.Object } status || !status.TryGetProperty("keyIds", out var all) || all.ValueKind != JsonValueKind.Object)
            return None;
        var bySource = new Dictionary<string, IReadOnlyList<KeyId>>();
        foreach (var source in all.EnumerateObject().Where(source => source.Value.ValueKind == JsonValueKind.Array))
            bySource[source.Name] = [.. source.Value.EnumerateArray().Select(id => id.AsText()).OfType<string>().Select(KeyId.Parse).OfType<KeyId>()];
        return new(bySource);
    }

    /// <summary>A merge patch of the status.</summary>
    public static JsonObject Patch(SecretId source, IEnumerable<KeyId> ids) => new()
    {
        ["status"] = new JsonObject { ["keyIds"] = new JsonObject { [source.ToString()] = new JsonArray([.. ids.Select(id => (JsonNode)id.Text)]) } },
    };
}
