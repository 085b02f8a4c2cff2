using System.Text.Json;
using System.Text.Json.Nodes;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Plans.Pods;

/// <summary>
/// As whom the pod of a run works: as the workload, so that it reads what that writes, and what it restores belongs to it. A workload that does not say its user
/// may be anybody: then the runner is root, with no more of root's power than the file owners need.
/// </summary>
sealed class RunIdentity(ProtectionPlan plan, ProtectedClaim claim)
{
    const string Unconfined = "Unconfined";

    /// <summary>What the Pod Security Standard "baseline" lets a container add.</summary>
    static readonly HashSet<string> Baseline = new(StringComparer.Ordinal)
    {
        "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
    };

    readonly JsonElement pod = plan.Workload.Pod.SecurityContext;
    readonly JsonElement container = plan.OwnerContainer(claim).SecurityContext;

    long? User => container.Whole("runAsUser") ?? pod.Whole("runAsUser");

    long? Group => container.Whole("runAsGroup") ?? pod.Whole("runAsGroup");

    bool MayBeRoot => User is null or 0;

    /// <summary>
    /// An <c>fsGroup</c> makes Secrets' files readable for a user who is not root, and makes kubelet give that group to everything on a volume that is mounted writable. So
    /// a run has exactly the workload's: with none, it gets none, and the files are readable by all of the pod instead.
    /// </summary>
    public int SecretMode => MayBeRoot || pod.Whole("fsGroup") is not null ? RunFiles.OfGroup : RunFiles.OfAll;

    public JsonObject OfPod()
    {
        var security = new JsonObject();
        if (!MayBeRoot)
            security["runAsNonRoot"] = true;
        if (User is { } user)
            security["runAsUser"] = user;
        if (Group is { } group)
            security["runAsGroup"] = group;
        foreach (var field in (string[])["fsGroup", "fsGroupChangePolicy", "supplementalGroups", "supplementalGroupsPolicy", "seLinuxChangePolicy"])
            Copy(pod, field, security);
        Copy(container.Field("seLinuxOptions").ValueKind == JsonValueKind.Object ? container : pod, "seLinuxOptions", security);
        security["seccompProfile"] = Seccomp();
        return security;
    }

    /// <summary>The runner's container.</summary>
    /// <param name="capabilities">That it needs if it is root.</param>
    public JsonObject OfRunner(params ReadOnlySpan<string> capabilities)
    {
        var security = new JsonObject();
        if (User is null)
        {
            security["runAsUser"] = 0;
            security["runAsGroup"] = Group ?? 0;
        }
        foreach (var (name, value) in JobShape.Strict())
            security[name] = value!.DeepClone();
        if (MayBeRoot)
            security["capabilities"]!["add"] = Words(capabilities);
        return security;
    }

    /// <summary>A container that is like the workload's own, with what the Pod Security Standard "baseline" does not allow taken out.</summary>
    public JsonObject OfWorkload()
    {
        var security = new JsonObject { ["allowPrivilegeEscalation"] = false };
        Copy(container, "readOnlyRootFilesystem", security);
        if (!MayBeRoot)
        {
            security["capabilities"] = new JsonObject { ["drop"] = Words("ALL") };
            return security;
        }
        var capabilities = new JsonObject();
        var (drop, add) = (container.Field("capabilities").Words("drop"), container.Field("capabilities").Words("add").FindAll(Baseline.Contains));
        if (drop.Count > 0)
            capabilities["drop"] = Words([.. drop]);
        if (add.Count > 0)
            capabilities["add"] = Words([.. add]);
        if (capabilities.Count > 0)
            security["capabilities"] = capabilities;
        return security;
    }

    /// <summary>The workload's own profile; one that is <c>Unconfined</c> is no more than baseline forbids and the runner does not need.</summary>
    JsonObject Seccomp()
    {
        var profile = container.Field("seccompProfile") is { ValueKind: JsonValueKind.Object } own ? own : pod.Field("seccompProfile");
        return profile.Text("type") is { Length: > 0 } and not Unconfined ? Json.Object(profile) : new JsonObject { ["type"] = "RuntimeDefault" };
    }

    static void Copy(JsonElement from, string field, JsonObject to)
    {
        if (from.Field(field) is { ValueKind: not (JsonValueKind.Undefined or JsonValueKind.Null) } value)
            to[field] = Json.Node(value);
    }

    static JsonArray Words(params ReadOnlySpan<string> words)
    {
        var list = new JsonArray();
        foreach (var word in words)
            list.Add(word);
        return list;
    }
}
