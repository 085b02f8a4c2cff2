using System.Text.Json;
using System.Text.Json.Nodes;
using BackupRunner.Names;
using BackupRunner.Webhook.Keys;
using BackupRunner.Webhook.Plans;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Reconcile;

/// <summary>
/// Copies of Secrets that a workload does not want any more. They cannot be listed, so their names stand on the workload's policy ConfigMap, from before a copy
/// is made until it is gone.
/// </summary>
public sealed class CopyReconciler(OwnObjects own, SecretTending tending)
{
    static readonly string Annotation = ClusterNames.CopiesAnnotation;

    /// <summary>Withdraws the copies that are listed and not wanted.</summary>
    /// <returns>The names to list now, and why some of them stay.</returns>
    public async Task<(IReadOnlyList<string> Listed, IReadOnlyList<string> Problems)> Withdraw(WorkloadId workload, IEnumerable<string> wanted, CancellationToken cancel)
    {
        var (names, problems) = (wanted.ToList(), new List<string>());
        foreach (var stale in Listed(workload).Except(names).ToList())
        {
            if (await tending.Withdraw(workload, stale, cancel) is not { } problem)
                continue;
            names.Add(stale);
            problems.Add(problem);
        }
        return ([.. names.Distinct().Order(StringComparer.Ordinal)], problems);
    }

    /// <summary>The ConfigMap of a plan, with the names that it lists.</summary>
    public static WantedObject WithList(WantedObject wanted, IReadOnlyList<string> listed)
    {
        if (wanted.Resource.Plural != "configmaps" || listed.Count == 0)
            return wanted;
        var body = (JsonObject)wanted.Body.DeepClone();
        body["metadata"]!["annotations"] = new JsonObject { [Annotation] = string.Join(',', listed) };
        return wanted with { Body = body };
    }

    string[] Listed(WorkloadId workload)
    {
        if (own.Find(new ObjectKey("configmaps", workload.Namespace, ClusterNames.OfPolicyConfigMap(workload.Kind, workload.Name))) is not { } map)
            return [];
        using var fields = JsonDocument.Parse(map.Fields);
        return fields.RootElement.GetProperty("metadata").GetProperty("annotations").TryGetProperty(Annotation, out var list)
            ? list.GetString()!.Split(',', StringSplitOptions.RemoveEmptyEntries) : [];
    }
}
