using System.Text.Json.Nodes;

namespace BackupRunner.Webhook.Plans;

/// <summary>What the backups of a workload may do: every call that they make, and no other.</summary>
public static class BackupAccount
{
    public static IReadOnlyList<WantedObject> For(ProtectionPlan plan)
    {
        var rules = new JsonArray { RunAccount.Leases(plan.ClaimLeases), RunAccount.Workload(plan), RunAccount.Pods() };
        // A policy that no longer freezes still thaws what a killed run left frozen.
        if (plan.BacksUpByCommands || plan.Terms.Settings.Consistency.Freeze?.Thaw is not null)
            rules.Add(RunAccount.Exec(plan));
        return RunAccount.Of(plan, plan.BackupAccount, rules);
    }
}
