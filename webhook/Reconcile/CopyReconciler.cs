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
    public Task<(IReadOnlyList<string> Listed, IReadOnlyList<string> Problems)> Withdraw(WorkloadId workload, IEnumerable<string> wanted, bool isBusy, CancellationToken cancel) =>
        Withdraw(workload, Listed(own, workload), wanted, isBusy, cancel);

    /// <summary>Withdraws all of a workload that wants none any more.</summary>
    /// <param name="made">Besides those that are listed.</param>
    /// <returns>Why some of them stay.</returns>
    public async Task<IReadOnlyList<string>> WithdrawAll(WorkloadId workload, IEnumerable<string> made, CancellationToken cancel) =>
        (await Withdraw(workload, Listed(own, workload).Union(made), [], isBusy: false, cancel)).Problems;

    /// <summary>Only a copy that is listed is made, and only for a workload that is protected: any other would be found by nobody when it is to go.</summary>
    public static bool MayMake(ClusterCache cache, SecretDemand demand) =>
        cache.Workload(demand.Workload.Id) is { PolicyName: not null, IsBeingDeleted: false } && Listed(cache.Own, demand.Workload.Id).Contains(demand.Mounted);

    async Task<(IReadOnlyList<string> Listed, IReadOnlyList<string> Problems)> Withdraw(
        WorkloadId workload, IEnumerable<string> listed, IEnumerable<string> wanted, bool isBusy, CancellationToken cancel)
    {
        var (names, problems) = (wanted.ToList(), new List<string>());
        foreach (var stale in listed.Except(names).ToList())
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

    static string[] Listed(OwnObjects own, WorkloadId workload) => MapOf(own, workload)?.Notes.Copies?.Split(',', StringSplitOptions.RemoveEmptyEntries) ?? [];

    static OwnObject? MapOf(OwnObjects own, WorkloadId workload) => own.Find(new ObjectKey("configmaps", workload.Namespace, ClusterNames.OfPolicyConfigMap(workload.Kind, workload.Name)));
}
