using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using BackupRunner.Tests.Kube.Fake;

namespace BackupRunner.Tests.Kube.Simulation;

/// <summary>The scheduler and the kubelet of the one node: binds pods, runs them, tells of them, ends them.</summary>
public sealed class SimulatedKubelet(SimulatedCluster cluster, SimulatedApi api) : IAsyncDisposable
{
    const string Node = "node1";

    readonly ConcurrentDictionary<string, SimulatedPod> pods = new();
    readonly ConcurrentQueue<SimulatedPod> order = new();

    public IReadOnlyList<SimulatedPod> Pods => [.. order];

    public async Task Pass(CancellationToken cancel)
    {
        var present = api.List("pods");
        foreach (var item in present)
        {
            var uid = (string)item["metadata"]!["uid"]!;
            if (pods.TryGetValue(uid, out var pod))
                await Follow(pod, item, cancel);
            else if (item["metadata"]!["deletionTimestamp"] is null && (string?)item["status"]?["phase"] is "Pending" or null)
                await Begin(item, present, cancel);
            else if (item["metadata"]!["deletionTimestamp"] is not null)
                await api.Delete("pods", item, 0, cancel);
        }
        // Deleted by force: nothing waits for it, but it ends.
        foreach (var (uid, pod) in pods.Where(pod => present.All(item => (string)item["metadata"]!["uid"]! != pod.Key)))
            pod.Terminate(TimeSpan.Zero);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var pod in order)
            await pod.DisposeAsync();
    }

    async Task Begin(JsonObject item, IReadOnlyList<JsonObject> others, CancellationToken cancel)
    {
        if (!cluster.HasNode || !HasCompany(item, others))
        {
            await Waiting(item, "PodScheduled", "Unschedulable", cluster.HasNode ? "0/1 nodes are available: 1 node(s) didn't match pod affinity rules." : "no nodes available to schedule pods", cancel);
            return;
        }
        if ((string?)item["spec"]!["nodeName"] is null or "")
        {
            await api.Change("pods", item, "", pod => pod["spec"]!["nodeName"] = Node, cancel);
            return;
        }
        var unknown = ((JsonArray)item["spec"]!["containers"]!).Concat(item["spec"]!["initContainers"] as JsonArray ?? []).Select(container => (string)container!["image"]!).FirstOrDefault(image => cluster.ImageOf(image) is null);
        var pod = new SimulatedPod(cluster, item);
        if ((unknown is null ? pod.Volumes.Mount() : $"ErrImagePull: nobody has registered the image \"{unknown}\"") is { } missing)
        {
            await Waiting(item, "ContainersReady", "ContainersNotReady", missing, cancel);
            return;
        }
        if (!pods.TryAdd(pod.Uid, pod))
            return;
        order.Enqueue(pod);
        pod.Start();
        _ = pod.Ended.ContinueWith(_ => cluster.Ring(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    async Task Follow(SimulatedPod pod, JsonObject item, CancellationToken cancel)
    {
        if (pod.Ended.IsFaulted)
            await pod.Ended;
        // Looked at before its containers are: when the pod has ended, so have they, and how is known.
        var ended = pod.Ended.IsCompleted;
        if (item["metadata"]!["deletionTimestamp"] is not null)
            pod.Terminate(TimeSpan.FromSeconds((long?)item["metadata"]!["deletionGracePeriodSeconds"] ?? 30));
        var status = StatusOf(pod, item, ended);
        if (!JsonNode.DeepEquals(Plain(status), Plain(item["status"])))
            await api.Status("pods", item, status, cancel);
        if (item["metadata"]!["deletionTimestamp"] is not null && ended)
            await api.Delete("pods", item, 0, cancel);
    }

    JsonObject StatusOf(SimulatedPod pod, JsonObject item, bool ended)
    {
        var names = ((JsonArray)item["spec"]!["containers"]!).Select(container => (string)container!["name"]!).ToList();
        var statuses = names.Select(name => pod.Runs.TryGetValue(name, out var run) ? run.Status() : null).OfType<JsonObject>().ToList();
        var begun = statuses.Any(status => status["state"]!["waiting"] is null);
        var failed = pod.Runs.Values.Any(run => run.Last is { ExitCode: not 0 });
        var phase = ended ? failed ? "Failed" : "Succeeded" : begun ? "Running" : "Pending";
        var ready = phase == "Running" && statuses.Count == names.Count && statuses.All(status => (bool)status["ready"]!);
        var why = phase switch { "Failed" => "PodFailed", "Succeeded" => "PodCompleted", _ => ready ? null : "ContainersNotReady" };
        var earlier = item["status"]!["conditions"] as JsonArray ?? [];
        return new JsonObject
        {
            ["observedGeneration"] = 1,
            ["phase"] = phase,
            ["conditions"] = new JsonArray(
                Condition(earlier, "PodReadyToStartContainers", !ended, null), Condition(earlier, "Initialized", begun, null), Condition(earlier, "Ready", ready, why),
                Condition(earlier, "ContainersReady", ready, why), Condition(earlier, "PodScheduled", true, null)),
            ["hostIP"] = "10.244.0.1",
            ["hostIPs"] = new JsonArray(new JsonObject { ["ip"] = "10.244.0.1" }),
            ["podIP"] = "127.0.0.1",
            ["podIPs"] = new JsonArray(new JsonObject { ["ip"] = "127.0.0.1" }),
            ["startTime"] = (string?)item["status"]!["startTime"] ?? cluster.Api.Cluster.Now,
            ["containerStatuses"] = new JsonArray([.. statuses]),
            ["qosClass"] = "BestEffort",
        };
    }

    JsonObject Condition(JsonArray earlier, string type, bool holds, string? reason)
    {
        var status = holds ? "True" : "False";
        var was = earlier.FirstOrDefault(condition => (string?)condition!["type"] == type && (string?)condition["status"] == status);
        var condition = new JsonObject { ["type"] = type, ["observedGeneration"] = 1, ["status"] = status, ["lastProbeTime"] = null, ["lastTransitionTime"] = (string?)was?["lastTransitionTime"] ?? cluster.Api.Cluster.Now };
        if (reason is not null)
            condition["reason"] = reason;
        return condition;
    }

    async Task Waiting(JsonObject item, string type, string reason, string message, CancellationToken cancel)
    {
        var condition = Condition(item["status"]!["conditions"] as JsonArray ?? [], type, false, reason);
        condition["message"] = message;
        var status = new JsonObject { ["phase"] = "Pending", ["conditions"] = new JsonArray(condition), ["qosClass"] = "BestEffort" };
        if (!JsonNode.DeepEquals(Plain(status), Plain(item["status"])))
            await api.Status("pods", item, status, cancel);
    }

    // A required affinity needs a pod that it means; there is only one node to be on.
    static bool HasCompany(JsonObject item, IReadOnlyList<JsonObject> others) =>
        (item["spec"]!["affinity"]?["podAffinity"]?["requiredDuringSchedulingIgnoredDuringExecution"] as JsonArray ?? []).All(term => others.Any(other =>
            (string?)other["metadata"]!["namespace"] == (string?)item["metadata"]!["namespace"] && (string?)other["spec"]!["nodeName"] is { Length: > 0 }
            && (string?)other["status"]?["phase"] is "Pending" or "Running" && FakeSelector.Matches(term!["labelSelector"], other["metadata"]!["labels"])));

    static JsonNode? Plain(JsonNode? status) => status is null ? null : JsonNode.Parse(status.ToJsonString());
}
