using System.Text.Json;
using System.Text.Json.Nodes;
using BackupRunner.Kube;

namespace BackupRunner.Webhook.Reconcile;

/// <summary>Keeps the status of a BackupPolicy: whether it can be used, and by how many workloads it is.</summary>
public sealed class PolicyReconciler(KubeClient kube, ClusterCache cache, TimeProvider time)
{
    /// <summary>Characters of a condition's message.</summary>
    const int LongestMessage = 32768;

    static string Cut(string text) => text.Length <= LongestMessage ? text : text[..(LongestMessage - 3)] + "...";

    public async Task Reconcile(string @namespace, string name, CancellationToken cancel)
    {
        if (cache.Policy(@namespace, name) is not { } policy || await kube.Get(ClusterWatch.Policies, @namespace, name, cancel) is not { } there)
            return;
        var (valid, message) = policy.Policy is null ? (false, Cut(string.Join('\n', policy.Problems))) : (true, "the policy can be used");
        var workloads = cache.Protected().Count(workload => workload.Id.Namespace == @namespace && workload.PolicyName == name);
        var before = there.Unknown?.GetValueOrDefault("status") is { ValueKind: JsonValueKind.Object } given ? JsonObject.Create(given) : null;
        var condition = before?["conditions"] is JsonArray { Count: > 0 } conditions ? conditions[0] : null;
        var text = valid ? "True" : "False";
        if ((string?)condition?["status"] == text && (string?)condition["message"] == message
            && (long?)before?["observedGeneration"] == policy.Generation && (int?)before["workloads"] == workloads)
            return;
        var changed = (string?)condition?["status"] == text ? (string?)condition["lastTransitionTime"] : null;
        await kube.MergePatch(ClusterWatch.Policies.OfStatus(), @namespace, name, new JsonObject
        {
            ["status"] = new JsonObject
            {
                ["observedGeneration"] = policy.Generation,
                ["workloads"] = workloads,
                ["conditions"] = new JsonArray(new JsonObject
                {
                    ["type"] = "Ready",
                    ["status"] = text,
                    ["reason"] = valid ? "Valid" : "Invalid",
                    ["message"] = message,
                    ["observedGeneration"] = policy.Generation,
                    ["lastTransitionTime"] = changed ?? Reports.UtcTime.Text(time.GetUtcNow()),
                }),
            },
        }, cancel);
    }
}
