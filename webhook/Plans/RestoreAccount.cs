using System.Text.Json.Nodes;
using BackupRunner.Policy;

namespace BackupRunner.Webhook.Plans;

/// <summary>What the restores of a workload may do. Only they may stop it, and so have an account of their own.</summary>
public static class RestoreAccount
{
    public static IReadOnlyList<WantedObject> For(ProtectionPlan plan)
    {
        var id = plan.Workload.Id;
        var rules = new JsonArray
        {
            RunAccount.Leases([plan.RestoreLease, .. plan.ClaimLeases]),
            RunAccount.Workload(plan),
            // The number of replicas, and nothing else of it.
            RunAccount.Rule("apps", $"{id.Resource.Plural}/scale", [id.Name], "get", "patch"),
            RunAccount.Pods(),
        };
        if (RunsCommands(plan.Terms))
            rules.Add(RunAccount.Exec(plan));
        return RunAccount.Of(plan, plan.RestoreAccount, rules);
    }

    /// <summary>In the workload: whether it is healthy, and the thaw of what a killed backup left frozen. <c>commands.restore</c> needs no exec.</summary>
    static bool RunsCommands(BackupPolicy policy) => policy.Restore.HealthCommand is not null || policy.Settings.Consistency.Freeze?.Thaw is not null;
}
