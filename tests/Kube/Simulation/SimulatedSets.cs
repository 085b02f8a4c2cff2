using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using BackupRunner.Tests.Kube.Fake;

namespace BackupRunner.Tests.Kube.Simulation;

/// <summary>The StatefulSet controller, and as much of a Deployment's as gives it pods (they are owned by the Deployment itself: there is no ReplicaSet).</summary>
public sealed class SimulatedSets(SimulatedApi api)
{
    public async Task Pass(CancellationToken cancel)
    {
        foreach (var set in api.List("statefulsets").Where(set => set["metadata"]!["deletionTimestamp"] is null))
            await StatefulSet(set, cancel);
        foreach (var deployment in api.List("deployments").Where(deployment => deployment["metadata"]!["deletionTimestamp"] is null))
            await Deployment(deployment, cancel);
    }

    async Task StatefulSet(JsonObject set, CancellationToken cancel)
    {
        var spec = set["spec"]!;
        var revision = Revision(set);
        var first = (int?)spec["ordinals"]?["start"] ?? 0;
        var wanted = Enumerable.Range(first, (int)spec["replicas"]!).Select(ordinal => Name(set, ordinal)).ToList();
        var pods = PodsOf(set);
        var parallel = (string?)spec["podManagementPolicy"] == "Parallel";
        foreach (var name in wanted)
        {
            var pod = pods.FirstOrDefault(pod => NameOf(pod) == name);
            if (pod is null)
                await MakeOrdinal(set, name, revision, cancel);
            else if (Label(pod, "controller-revision-hash") != revision || (string?)pod["status"]?["phase"] is "Failed" or "Succeeded")
                await api.Delete("pods", pod, null, cancel);
            if (!parallel && (pod is null || !IsReady(pod)))
                break;
        }
        var condemned = pods.Where(pod => !wanted.Contains(NameOf(pod))).OrderByDescending(pod => int.Parse(NameOf(pod).Split('-')[^1], CultureInfo.InvariantCulture)).ToList();
        foreach (var pod in parallel ? condemned : condemned.Take(1))
        {
            if (pod["metadata"]!["deletionTimestamp"] is null)
                await api.Delete("pods", pod, null, cancel);
        }
        if ((string?)spec["persistentVolumeClaimRetentionPolicy"]?["whenScaled"] == "Delete" && condemned.Count == 0)
            await DropClaims(set, wanted, cancel);
        pods = PodsOf(set);
        var ready = pods.Count(IsReady);
        var status = new JsonObject
        {
            ["observedGeneration"] = (long)set["metadata"]!["generation"]!,
            ["replicas"] = pods.Count,
            ["readyReplicas"] = ready,
            ["currentReplicas"] = pods.Count,
            ["updatedReplicas"] = pods.Count(pod => Label(pod, "controller-revision-hash") == revision),
            ["currentRevision"] = revision,
            ["updateRevision"] = revision,
            ["collisionCount"] = 0,
            ["availableReplicas"] = ready,
        };
        await api.Status("statefulsets", set, status, cancel);
    }

    async Task MakeOrdinal(JsonObject set, string name, string revision, CancellationToken cancel)
    {
        var @namespace = (string)set["metadata"]!["namespace"]!;
        var volumes = new JsonArray();
        foreach (var template in set["spec"]!["volumeClaimTemplates"] as JsonArray ?? [])
        {
            var volume = (string)template!["metadata"]!["name"]!;
            var claim = $"{volume}-{name}";
            if (api.Get("persistentvolumeclaims", @namespace, claim) is null)
            {
                var made = new JsonObject
                {
                    ["metadata"] = new JsonObject { ["name"] = claim, ["namespace"] = @namespace, ["labels"] = set["spec"]!["selector"]!["matchLabels"]?.DeepClone() },
                    ["spec"] = template["spec"]!.DeepClone(),
                };
                await api.Status("persistentvolumeclaims", await api.Create("persistentvolumeclaims", made, cancel), new JsonObject { ["phase"] = "Bound", ["accessModes"] = template["spec"]!["accessModes"]?.DeepClone() }, cancel);
            }
            else if (api.Get("persistentvolumeclaims", @namespace, claim)!["metadata"]!["deletionTimestamp"] is not null)
                return;
            volumes.Add((JsonNode)new JsonObject { ["name"] = volume, ["persistentVolumeClaim"] = new JsonObject { ["claimName"] = claim } });
        }
        var ordinal = name.Split('-')[^1];
        var pod = PodOf(set, "StatefulSet", name, new() { ["apps.kubernetes.io/pod-index"] = ordinal, ["controller-revision-hash"] = revision, ["statefulset.kubernetes.io/pod-name"] = name });
        pod["metadata"]!["generateName"] = $"{set["metadata"]!["name"]}-";
        pod["spec"]!["hostname"] = name;
        pod["spec"]!["subdomain"] = (string?)set["spec"]!["serviceName"] ?? "";
        foreach (var own in pod["spec"]!["volumes"] as JsonArray ?? [])
            volumes.Add((JsonNode)own!.DeepClone());
        pod["spec"]!["volumes"] = volumes;
        await api.Create("pods", pod, cancel);
    }

    async Task DropClaims(JsonObject set, List<string> wanted, CancellationToken cancel)
    {
        foreach (var template in set["spec"]!["volumeClaimTemplates"] as JsonArray ?? [])
        {
            var prefix = $"{template!["metadata"]!["name"]}-{set["metadata"]!["name"]}-";
            foreach (var claim in api.List("persistentvolumeclaims").Where(claim => (string)claim["metadata"]!["namespace"]! == (string)set["metadata"]!["namespace"]!))
            {
                if (NameOf(claim).StartsWith(prefix, StringComparison.Ordinal) && NameOf(claim)[prefix.Length..].All(char.IsAsciiDigit)
                    && !wanted.Contains($"{set["metadata"]!["name"]}-{NameOf(claim)[prefix.Length..]}") && claim["metadata"]!["deletionTimestamp"] is null)
                    await api.Delete("persistentvolumeclaims", claim, null, cancel);
            }
        }
    }

    async Task Deployment(JsonObject deployment, CancellationToken cancel)
    {
        var replicas = (int)deployment["spec"]!["replicas"]!;
        var revision = Revision(deployment);
        var alive = PodsOf(deployment).Where(pod => pod["metadata"]!["deletionTimestamp"] is null).ToList();
        var current = alive.Where(pod => Label(pod, "pod-template-hash") == revision && (string?)pod["status"]?["phase"] is not ("Failed" or "Succeeded")).ToList();
        for (var missing = current.Count; missing < replicas; missing++)
            await api.Create("pods", PodOf(deployment, "Deployment", $"{revision}-{FakeCluster.RandomSuffix()}", new() { ["pod-template-hash"] = revision }), cancel);
        foreach (var pod in alive.Except(current).Concat(current.Skip(replicas)))
            await api.Delete("pods", pod, null, cancel);
        var pods = PodsOf(deployment).Where(pod => pod["metadata"]!["deletionTimestamp"] is null).ToList();
        var ready = pods.Count(IsReady);
        var status = new JsonObject
        {
            ["observedGeneration"] = (long)deployment["metadata"]!["generation"]!,
            ["replicas"] = pods.Count,
            ["updatedReplicas"] = pods.Count(pod => Label(pod, "pod-template-hash") == revision),
            ["readyReplicas"] = ready,
            ["availableReplicas"] = ready,
            ["unavailableReplicas"] = Math.Max(0, replicas - ready),
        };
        await api.Status("deployments", deployment, status, cancel);
    }

    // The pods that the set owns.
    List<JsonObject> PodsOf(JsonObject of) => [.. api.List("pods").Where(pod => Owns(of, pod))];

    static bool Owns(JsonObject of, JsonObject pod) =>
        (pod["metadata"]!["ownerReferences"] as JsonArray ?? []).Any(owner => (string?)owner!["uid"] == (string?)of["metadata"]!["uid"] && (bool?)owner["controller"] == true);

    /// <summary>A pod of the template, owned by <paramref name="of"/>, with further labels.</summary>
    public static JsonObject PodOf(JsonObject of, string kind, string name, Dictionary<string, string> labels)
    {
        var template = (JsonObject)of["spec"]!["template"]!.DeepClone();
        var metadata = (JsonObject)(template["metadata"] ?? new JsonObject()).DeepClone();
        metadata["name"] = name;
        metadata["namespace"] = (string)of["metadata"]!["namespace"]!;
        var all = metadata["labels"] as JsonObject ?? [];
        foreach (var (key, value) in labels)
            all[key] = value;
        if (all.Parent is null)
            metadata["labels"] = all;
        metadata["ownerReferences"] = new JsonArray(new JsonObject
        {
            ["apiVersion"] = (string)of["apiVersion"]!,
            ["kind"] = kind,
            ["name"] = NameOf(of),
            ["uid"] = (string)of["metadata"]!["uid"]!,
            ["controller"] = true,
            ["blockOwnerDeletion"] = true,
        });
        return new JsonObject { ["metadata"] = metadata, ["spec"] = template["spec"]!.DeepClone() };
    }

    public static bool IsReady(JsonObject pod) => pod["metadata"]!["deletionTimestamp"] is null
        && (pod["status"]?["conditions"] as JsonArray ?? []).Any(condition => (string?)condition!["type"] == "Ready" && (string?)condition["status"] == "True");

    public static string NameOf(JsonObject item) => (string)item["metadata"]!["name"]!;

    static string Name(JsonObject set, int ordinal) => $"{NameOf(set)}-{ordinal.ToString(CultureInfo.InvariantCulture)}";

    static string? Label(JsonObject pod, string name) => (string?)pod["metadata"]!["labels"]?[name];

    static string Revision(JsonObject of) => $"{NameOf(of)}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(of["spec"]!["template"]!.ToJsonString())))[..10]}";
}
