using BackupRunner.Names;
using BackupRunner.Webhook.Plans.Pods;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Plans;

/// <summary>A Job that finishes or undoes a restore whose run is dead (<c>restore --resume</c>).</summary>
public static class ResumeJob
{
    /// <param name="claim">That was being restored.</param>
    /// <param name="holder">Who held the restore Lease: one Job for each that died, so that making it twice is refused by its name.</param>
    public static WantedObject For(ProtectionPlan plan, ProtectedClaim claim, string holder)
    {
        var id = plan.Workload.Id;
        // commands.restore is never resumed.
        var pod = new RunPod(plan, claim).OfRestore(["--resume", .. RestoreJob.Leases(plan, claim)], withScript: false);
        return PlannedObject.Of(plan, "Job", ClusterNames.OfResume(id.Kind, id.Name, holder), plan.RestoreAccount, ("spec", RestoreJob.Spec(plan, pod)));
    }
}
