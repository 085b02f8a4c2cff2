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
    /// <summary>Withdraws the copies that are listed and not wanted.</summary>
    /// <param name="isBusy">A run may need them: they stay for now.</param>
    /// <returns>The names to list now, and why some of them stay.</returns>
    public async Task<(IReadOnlyList<string> Listed, IReadOnlyList<string> Problems)> Withdraw(WorkloadId workload, IEnumerable<string> wanted, bool isBusy, CancellationToken cancel)
    {
        var (names, problems) = (wanted.ToList(), new List<string>());
        foreach (var stale in Listed(workload).Except(names).ToList())
        {
            var problem = isBusy ? null : await tending.Withdraw(workload, stale, cancel);
            if (problem is not null)
                problems.Add(problem);
            if (isBusy || problem is not null)
                names.Add(stale);
        }
        return ([.. names.Distinct().Order(StringComparer.Ordinal)], problems);
    }

    /// <summary>The policy that a workload's objects were made by last; null: there is none.</summary>
    public static string? LastPolicy(OwnObjects own, WorkloadId workload) => MapOf(own, workload)?.Notes.Policy;

    /// <summary>The ConfigMap of a plan, with the names that it lists and the policy's own.</summary>
    public static WantedObject WithNotes(WantedObject wanted, string policy, IReadOnlyList<string> listed)
    {
        if (wanted.Resource.Plural != "configmaps")
            return wanted;
        var body = (JsonObject)wanted.Body.DeepClone();
        var notes = new JsonObject { [ClusterNames.PolicyAnnotation] = policy };
        if (listed.Count > 0)
            notes[ClusterNames.CopiesAnnotation] = string.Join(',', listed);
        body["metadata"]!["annotations"] = notes;
        return wanted with { Body = body };
    }

    string[] Listed(WorkloadId workload) => MapOf(own, workload)?.Notes.Copies?.Split(',', StringSplitOptions.RemoveEmptyEntries) ?? [];

    static OwnObject? MapOf(OwnObjects own, WorkloadId workload) => own.Find(new ObjectKey("configmaps", workload.Namespace, ClusterNames.OfPolicyConfigMap(workload.Kind, workload.Name)));
}
