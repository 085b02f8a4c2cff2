using System.Text.Json;
using System.Text.Json.Nodes;
using BackupRunner.Webhook.Plans;

namespace BackupRunner.Webhook.Reconcile;

/// <summary>A Role while runs are at work that were begun with it: it gets what is wanted now, and keeps what it had.</summary>
static class WiderRole
{
    /// <param name="there">The Role as it is; null: there is none, or its rules are not known.</param>
    public static WantedObject Of(WantedObject wanted, OwnObject? there)
    {
        if (wanted.Resource.Plural != "roles" || there?.Fields is not { } fields)
            return wanted;
        using var had = JsonDocument.Parse(fields);
        if (!had.RootElement.TryGetProperty("rules", out var rules) || rules.ValueKind != JsonValueKind.Array)
            return wanted;
        var body = (JsonObject)wanted.Body.DeepClone();
        var all = (JsonArray)body["rules"]!;
        foreach (var rule in rules.EnumerateArray().Select(rule => JsonNode.Parse(rule.GetRawText())!).Where(rule => !all.Any(known => JsonNode.DeepEquals(known, rule))).ToList())
            all.Add(rule);
        return wanted with { Body = body };
    }
}
