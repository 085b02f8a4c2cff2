using System.Text.Json;
using System.Text.Json.Nodes;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Plans.Pods;

/// <summary>The pod of a backup or a restore of one claim.</summary>
sealed class RunPod(ProtectionPlan plan, ProtectedClaim claim)
{
    readonly RunIdentity identity = new(plan, claim);

    /// <summary>
    /// The claim is read-only at the volume and at the mount. With the mount alone kubelet takes the volume for writable, and changes groups of live data.
    /// </summary>
    public JsonObject OfBackup()
    {
        var pod = Of(plan.BackupAccount, "backup", PodNeighbours.Leases(plan, claim), identity.OfRunner("DAC_OVERRIDE"), isReadOnly: true);
        RunPlacement.OfBackup(plan, claim, pod);
        return pod;
    }

    /// <param name="choice">After the arguments that every restore has.</param>
    /// <param name="withScript">With the container that <c>commands.restore</c> runs in.</param>
    public JsonObject OfRestore(IEnumerable<string> choice, bool withScript)
    {
        var pod = Of(plan.RestoreAccount, "restore", choice, identity.OfRunner("DAC_OVERRIDE", "CHOWN", "FOWNER", "FSETID"), isReadOnly: false);
        if (withScript)
            pod["containers"]!.AsArray().Add(ScriptContainer.Of(plan, claim, identity));
        RunPlacement.OfRestore(plan, claim, pod);
        return pod;
    }

    JsonObject Of(string account, string verb, IEnumerable<string> more, JsonObject security, bool isReadOnly)
    {
        var files = new RunFiles(plan.PolicyConfigMap, plan.Secrets, identity.SecretMode);
        var source = new JsonObject { ["claimName"] = claim.Name };
        if (isReadOnly)
            source["readOnly"] = true;
        var container = RunContainer.Of(
            plan.Installation, [verb, .. files.Arguments, .. Target(), .. more], security, files.Mounts(Mount(claim, DataPath.Of(claim.MountPath), isReadOnly)));
        var pod = new JsonObject
        {
            ["serviceAccountName"] = account,
            ["automountServiceAccountToken"] = true,
            ["enableServiceLinks"] = false,
            ["restartPolicy"] = "Never",
            ["terminationGracePeriodSeconds"] = JobShape.GraceSeconds,
            ["securityContext"] = identity.OfPod(),
            ["containers"] = new JsonArray { container },
            ["volumes"] = files.Volumes(new JsonObject { ["name"] = "data", ["persistentVolumeClaim"] = source }),
        };
        if (plan.Workload.Pod.ImagePullSecrets.ValueKind == JsonValueKind.Array)
            pod["imagePullSecrets"] = Json.Node(plan.Workload.Pod.ImagePullSecrets);
        return pod;
    }

    IEnumerable<string> Target()
    {
        yield return $"--workload={plan.Workload.Id.Kind}/{plan.Workload.Id.Name}";
        yield return $"--claim={claim.Name}";
        yield return $"--data={DataPath.Of(claim.MountPath)}";
        if (plan.Terms.Cluster is null)
            yield return $"--cluster={plan.Installation.Cluster}";
    }

    internal static JsonObject Mount(ProtectedClaim claim, string path, bool isReadOnly)
    {
        var mount = new JsonObject { ["name"] = "data", ["mountPath"] = path };
        if (claim.SubPath is not null)
            mount["subPath"] = claim.SubPath;
        if (isReadOnly)
            mount["readOnly"] = true;
        return mount;
    }
}
