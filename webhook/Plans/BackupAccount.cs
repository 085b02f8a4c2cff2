using System.Text.Json.Nodes;
using BackupRunner.Policy;

namespace BackupRunner.Webhook.Plans;

/// <summary>What the backups of a workload may do: every call that they make, and no other.</summary>
public static class BackupAccount
{
    public static IReadOnlyList<WantedObject> For(ProtectionPlan plan)
    {
        var rules = new JsonArray { RunAccount.Leases(plan.ClaimLeases), RunAccount.Workload(plan), RunAccount.Pods() };
        if (RunsCommands(plan.Terms))
            rules.Add(RunAccount.Exec(plan));
        return RunAccount.Of(plan, plan.BackupAccount, rules);
    }

    /// <summary>In the workload. A policy that no longer freezes still thaws what a killed run left frozen.</summary>
    static bool RunsCommands(BackupPolicy policy) =>
        policy.Settings.Consistency is { Enabled: true } or { Freeze.Thaw: not null } || policy.Commands is { Backup: not null, RunIn: not RunIn.Runner };
}
