using System.Text.Json.Nodes;
using BackupRunner.Policy;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Plans.Pods;

/// <summary>The pod that reads a backup back. Where the policy's command looks at the data with the workload's programs, it works as the workload does, and has them in a second container.</summary>
sealed class VerificationPod(ProtectionPlan plan, ProtectedClaim claim, VerificationPolicy verification)
{
    /// <summary>Beside what the two containers tell each other, on the emptyDir that both have.</summary>
    const string Extracted = RunFiles.Scratch + "/extracted";

    bool IsFull => verification.Mode == VerificationMode.Full;

    bool HasWorkload => verification.Command is not null && plan.Terms.Commands.RunIn != RunIn.Runner;

    public JsonObject Spec()
    {
        var identity = new RunIdentity(plan, claim);
        var files = new RunFiles(plan.PolicyConfigMap, plan.Secrets, HasWorkload ? identity.SecretMode : RunFiles.OfGroup);
        var container = RunContainer.Of(
            plan.Installation, ["verify", .. files.Arguments, .. Which()],
            HasWorkload ? identity.OfRunner("DAC_OVERRIDE", "CHOWN", "FOWNER", "FSETID") : JobShape.Strict(), files.Mounts());
        var pod = new JsonObject
        {
            // For a store that knows its clients by their accounts.
            ["serviceAccountName"] = plan.BackupAccount,
            ["automountServiceAccountToken"] = false,
            ["enableServiceLinks"] = false,
            ["restartPolicy"] = "Never",
            ["terminationGracePeriodSeconds"] = JobShape.GraceSeconds,
            ["securityContext"] = HasWorkload ? identity.OfPod() : JobShape.Nobody(),
            ["containers"] = new JsonArray { container },
            ["volumes"] = files.Volumes(),
        };
        if (HasWorkload)
            pod["containers"]!.AsArray().Add(ScriptContainer.WithoutClaim(plan, claim, identity));
        RunPlacement.OfVerification(plan, HasWorkload, pod);
        if (plan.Workload.Pod.ImagePullSecrets.ValueKind == System.Text.Json.JsonValueKind.Array)
            pod["imagePullSecrets"] = Json.Node(plan.Workload.Pod.ImagePullSecrets);
        return pod;
    }

    IEnumerable<string> Which()
    {
        var id = plan.Workload.Id;
        yield return $"--workload={id.Kind}/{id.Name}";
        yield return $"--claim={claim.Name}";
        // Without the account's token the runner does not know it.
        yield return $"--namespace={id.Namespace}";
        if (plan.Terms.Cluster is null)
            yield return $"--cluster={plan.Installation.Cluster}";
        yield return "--latest";
        yield return $"--mode={PolicyWords.Of(verification.Mode)}";
        if (IsFull)
            yield return $"--scratch={Extracted}";
        if (HasWorkload)
            yield return "--in-container";
    }
}
