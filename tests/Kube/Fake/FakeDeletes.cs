using System.Text.Json.Nodes;

namespace BackupRunner.Tests.Kube.Fake;

/// <summary>DELETE: with propagation, preconditions, grace periods and finalizers.</summary>
public sealed class FakeDeletes(FakeCluster cluster)
{
    const string KeepsPods = "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning";

    /// <summary>The answer: a Status when the object is gone, else the object that is going.</summary>
    public async Task<JsonObject> Delete(FakeRequest request, FakeKind kind, JsonNode? options, CancellationToken cancel)
    {
        var key = FakeKey.Of(kind, request.Namespace, request.Name);
        var policy = (string?)options?["propagationPolicy"] ?? (request.Query["propagationPolicy"].ToString() is { Length: > 0 } given ? given : null);
        var grace = (long?)options?["gracePeriodSeconds"] ?? (long.TryParse(request.Query["gracePeriodSeconds"], out var seconds) ? seconds : null);
        var dryRun = request.DryRun || options?["dryRun"] is JsonArray { Count: > 0 };
        if (policy is not (null or "Foreground" or "Background" or "Orphan"))
            throw new FakeStatusException(422, "Invalid", $"DeleteOptions.meta.k8s.io \"\" is invalid: propagationPolicy: Unsupported value: \"{policy}\": supported values: \"Foreground\", \"Background\", \"Orphan\", \"nil\"");
        if (kind.Plural == "jobs" && policy is null)
        {
            request.Warnings.Add(KeepsPods);
            policy = "Orphan";
        }
        while (true)
        {
            var old = cluster.Storage.Get(key) ?? throw FakeStatusException.NotFound(kind, request.Name);
            DemandPreconditions(kind, request.Name, old, options?["preconditions"]);
            await cluster.Admission.Validate(request, kind, "DELETE", null, old.Item, cancel);
            if (dryRun)
                return Done(kind, old);
            var next = Going(kind, old, policy, grace);
            if (next is null)
            {
                if (cluster.Storage.Commit(key, old.Version, null) is not null)
                    return Done(kind, old);
            }
            else if (JsonNode.DeepEquals(next, old.Item))
                return old.Item;
            else if (cluster.Storage.Commit(key, old.Version, next) is { } stored)
                return stored.Item;
        }
    }

    // Null: nothing keeps it.
    JsonObject? Going(FakeKind kind, FakeStored old, string? policy, long? grace)
    {
        var next = (JsonObject)old.Item.DeepClone();
        var metadata = (JsonObject)next["metadata"]!;
        var finalizers = metadata["finalizers"] as JsonArray ?? [];
        var add = policy switch { "Foreground" => "foregroundDeletion", "Orphan" => "orphan", _ => null };
        if (add is not null && !finalizers.Any(finalizer => (string?)finalizer == add))
            finalizers.Add((JsonNode)add);
        var wait = kind.Plural == "pods" ? PodGrace(old.Item, grace) : 0;
        if (finalizers.Count == 0 && wait == 0 && kind.Plural != "namespaces")
            return null;
        if (finalizers.Count > 0 && finalizers.Parent is null)
            metadata["finalizers"] = finalizers;
        if (metadata["deletionTimestamp"] is null || (long?)metadata["deletionGracePeriodSeconds"] > wait)
        {
            if (metadata["deletionTimestamp"] is null && metadata["generation"] is { } generation)
                metadata["generation"] = (long)generation + 1;
            metadata["deletionTimestamp"] = FakeCluster.Stamp(cluster.Time.GetUtcNow() + TimeSpan.FromSeconds(wait));
            metadata["deletionGracePeriodSeconds"] = wait;
        }
        if (kind.Plural == "namespaces")
            next["status"]!["phase"] = "Terminating";
        return next;
    }

    // A pod that never ran, or has ended, needs no kubelet.
    long PodGrace(JsonObject pod, long? asked)
    {
        if (cluster.PodsEndAtOnce || (string?)pod["spec"]!["nodeName"] is null or "" || (string?)pod["status"]?["phase"] is "Succeeded" or "Failed")
            return 0;
        return asked ?? (long?)pod["spec"]!["terminationGracePeriodSeconds"] ?? 30;
    }

    static void DemandPreconditions(FakeKind kind, string name, FakeStored old, JsonNode? conditions)
    {
        if ((string?)conditions?["uid"] is { } uid && uid != old.Uid)
            throw FakeStatusException.Conflict(kind, name, $"the UID in the precondition ({uid}) does not match the UID in record ({old.Uid}). The object might have been deleted and then recreated");
        if ((string?)conditions?["resourceVersion"] is { } version && version != (string)old.Metadata["resourceVersion"]!)
        {
            throw FakeStatusException.Conflict(kind, name,
                $"the ResourceVersion in the precondition ({version}) does not match the ResourceVersion in record ({old.Metadata["resourceVersion"]}). The object might have been modified");
        }
    }

    static JsonObject Done(FakeKind kind, FakeStored old)
    {
        var details = new JsonObject { ["name"] = (string)old.Metadata["name"]! };
        if (kind.Group.Length > 0)
            details["group"] = kind.Group;
        details["kind"] = kind.Plural;
        details["uid"] = old.Uid;
        return new JsonObject { ["kind"] = "Status", ["apiVersion"] = "v1", ["metadata"] = new JsonObject(), ["status"] = "Success", ["details"] = details };
    }
}
