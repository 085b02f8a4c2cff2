using System.Text.Json.Nodes;
using BackupRunner.Names;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Plans.Pods;

/// <summary>
/// The second container of a restore by <c>commands.restore</c>: the workload's programs and user, and the claim where the workload has it. It has none of the workload's
/// environment: a restore works on files, with passwords for nothing, and the workload is stopped.
/// </summary>
static class ScriptContainer
{
    const string Temporary = "/tmp";

    public static JsonObject Of(ProtectionPlan plan, ProtectedClaim claim, RunIdentity identity)
    {
        var workload = plan.Workload.Pod.Containers.First(container => container.Name == claim.Container);
        var container = new JsonObject { ["name"] = RestoreContainer.Name, ["image"] = workload.Image };
        if (workload.ImagePullPolicy is { } policy)
            container["imagePullPolicy"] = policy;
        container["command"] = new JsonArray { "sh", "-c" };
        // As it stands in both programs: nothing that it calls is the name of a variable, so kubelet replaces nothing in it.
        container["args"] = new JsonArray { RestoreContainer.Wrapper, "sh", $"{RunFiles.Scratch}/{RestoreContainer.Folder}" };
        container["resources"] = RunContainer.Resources("100m");
        container["securityContext"] = identity.OfWorkload();
        var mounts = new JsonArray
        {
            RunPod.Mount(claim, claim.MountPath, isReadOnly: false),
            new JsonObject { ["name"] = "backup", ["mountPath"] = RunFiles.Scratch },
        };
        // With a read-only root a shell has nowhere else for a here-document, nor sort or mktemp.
        if (!$"{claim.MountPath}/".StartsWith(Temporary + "/", StringComparison.Ordinal))
            mounts.Add((JsonNode)new JsonObject { ["name"] = "tmp", ["mountPath"] = Temporary });
        container["volumeMounts"] = mounts;
        return container;
    }
}
