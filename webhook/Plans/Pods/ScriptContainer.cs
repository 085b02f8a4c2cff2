using System.Text.Json.Nodes;
using BackupRunner.Names;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Plans.Pods;

/// <summary>
/// The second container of a restore by <c>commands.restore</c>: the workload's programs and user, and the claim where the workload has it; of a verification the same without the claim. It has none of the workload's
/// environment: a restore works on files, with passwords for nothing, and the workload is stopped.
/// </summary>
static class ScriptContainer
{
    const string Temporary = "/tmp";

    public static JsonObject Of(ProtectionPlan plan, ProtectedClaim claim, RunIdentity identity)
    {
        var workload = plan.CommandContainer(claim);
        var mounts = new JsonArray { RunPod.Mount(claim, claim.MountPath, isReadOnly: false), Shared() };
        // What the script knows as the data's path is where this container has it; of a workload without a pod, where the runner has.
        if (workload.Mounts.FirstOrDefault(mount => mount.Volume == claim.Volume && mount.SubPathExpr is null) is { } own && own.Path != claim.MountPath && !DataPath.HidesScratch(own.Path))
            mounts.Add((JsonNode)RunPod.Mount(claim with { SubPath = own.SubPath }, own.Path, isReadOnly: false));
        if (!$"{claim.MountPath}/".StartsWith(Temporary + "/", StringComparison.Ordinal))
            mounts.Add((JsonNode)Writable());
        return Of(workload, identity, mounts);
    }

    public static JsonObject WithoutClaim(ProtectionPlan plan, ProtectedClaim claim, RunIdentity identity) => Of(plan.CommandContainer(claim), identity, [Shared(), Writable()]);

    static JsonObject Shared() => new() { ["name"] = "backup", ["mountPath"] = RunFiles.Scratch };

    /// <summary>With a read-only root a shell has nowhere else for a here-document, nor sort or mktemp.</summary>
    static JsonObject Writable() => new() { ["name"] = "tmp", ["mountPath"] = Temporary };

    static JsonObject Of(ContainerShape workload, RunIdentity identity, JsonArray mounts)
    {
        var container = new JsonObject { ["name"] = RestoreContainer.Name, ["image"] = workload.Image };
        if (workload.ImagePullPolicy is { } policy)
            container["imagePullPolicy"] = policy;
        container["command"] = new JsonArray { "sh", "-c" };
        // As it stands in both programs: nothing that it calls is the name of a variable, so kubelet replaces nothing in it.
        container["args"] = new JsonArray { RestoreContainer.Wrapper, "sh", $"{RunFiles.Scratch}/{RestoreContainer.Folder}" };
        container["resources"] = RunContainer.Resources("100m");
        container["securityContext"] = identity.OfWorkload();
        container["volumeMounts"] = mounts;
        return container;
    }
}
