using System.Text.Json.Nodes;

namespace BackupRunner.Webhook.Plans.Pods;

/// <summary>The parts of a Job that runs have in common.</summary>
static class JobShape
{
    /// <summary>A week, to look at what went wrong at the weekend.</summary>
    public const int KeptSeconds = 7 * 24 * 3600;

    /// <summary>The longest that the runner's thaw may take, a minute for all tries, and half a minute to tidy up: earlier kubelet would kill a run that has the workload frozen.</summary>
    public const int GraceSeconds = 90;

    /// <summary>Of a container that runs as somebody.</summary>
    public static JsonObject Strict() => new()
    {
        ["allowPrivilegeEscalation"] = false,
        ["readOnlyRootFilesystem"] = true,
        ["capabilities"] = new JsonObject { ["drop"] = new JsonArray { "ALL" } },
    };

    /// <summary>Nobody's: the pod reads no data of a workload where that has it.</summary>
    const int User = 65532;

    /// <summary>Of a pod that runs as nobody.</summary>
    public static JsonObject Nobody() => new()
    {
        ["runAsNonRoot"] = true,
        ["runAsUser"] = User,
        ["runAsGroup"] = User,
        ["fsGroup"] = User,
        ["seccompProfile"] = new JsonObject { ["type"] = "RuntimeDefault" },
    };

    /// <summary>What trying again cannot mend: the policy (2), a key or damaged data (5), the volume (6), another run (7).</summary>
    public static JsonObject NotByTryingAgain() => new() { ["containerName"] = RunContainer.Name, ["operator"] = "In", ["values"] = new JsonArray { 2, 5, 6, 7 } };

    /// <summary>A person looks first.</summary>
    public static JsonObject Anything() => new() { ["containerName"] = RunContainer.Name, ["operator"] = "NotIn", ["values"] = new JsonArray { 0 } };

    /// <summary>A node that was drained or lost is not the run's fault: once more, and not counted. The first rule that fits decides.</summary>
    public static JsonObject FailurePolicy(JsonObject fails) => new()
    {
        ["rules"] = new JsonArray
        {
            new JsonObject { ["action"] = "Ignore", ["onPodConditions"] = new JsonArray { new JsonObject { ["type"] = "DisruptionTarget", ["status"] = "True" } } },
            new JsonObject { ["action"] = "FailJob", ["onExitCodes"] = fails },
        },
    };

    /// <summary>Labels only, none of our annotations: an outage of the webhook must not stop a run.</summary>
    public static JsonObject Template(JsonObject labels, JsonObject spec) => new() { ["metadata"] = new JsonObject { ["labels"] = labels }, ["spec"] = spec };

    /// <summary>A template without the proxy of a service mesh (Istio, Linkerd): it would run on when the runner has ended, and the Job would never end.</summary>
    public static JsonObject PodTemplate(JsonObject labels, JsonObject pod)
    {
        labels["sidecar.istio.io/inject"] = "false";
        var template = Template(labels, pod);
        template["metadata"]!["annotations"] = new JsonObject { ["linkerd.io/inject"] = "disabled" };
        return template;
    }
}
