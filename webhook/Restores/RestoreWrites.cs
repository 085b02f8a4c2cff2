using System.Text.Json.Nodes;
using BackupRunner.Kube;
using BackupRunner.Webhook.Reconcile;

namespace BackupRunner.Webhook.Restores;

/// <summary>Writes what is ours of a Restore: its status and its finalizer. Only onto the very version that was looked at, and nothing when nothing is different.</summary>
sealed class RestoreWrites(KubeClient kube, ClusterCache cache, TimeProvider time)
{
    /// <returns>Whether something was written.</returns>
    /// <exception cref="KubeException">A conflict: it has changed since.</exception>
    public async Task<bool> Status(RestoreObject restore, RestoreStatus status, CancellationToken cancel)
    {
        status = status with { ObservedGeneration = restore.Generation };
        if (status == restore.Status)
            return false;
        var patch = Onto(restore, []);
        patch["status"] = RestoreStatusJson.Of(status, restore.Conditions, time.GetUtcNow());
        var now = await kube.MergePatch(RestoreObject.Resource.OfStatus(), restore.Namespace, restore.Name, patch, cancel);
        cache.Put(RestoreReader.Read(now));
        return true;
    }

    public async Task Finalizer(RestoreObject restore, bool isSet, CancellationToken cancel)
    {
        var others = restore.Finalizers.Where(one => one != RestoreObject.Finalizer);
        var finalizers = new JsonArray([.. others.Concat(isSet ? [RestoreObject.Finalizer] : []).Select(one => (JsonNode)one)]);
        var now = await kube.MergePatch(RestoreObject.Resource, restore.Namespace, restore.Name, Onto(restore, new() { ["finalizers"] = finalizers }), cancel);
        // The answer to the last write of one that is deleted is no longer there.
        if (now.Metadata.DeletionTimestamp is null)
            cache.Put(RestoreReader.Read(now));
    }

    static JsonObject Onto(RestoreObject restore, JsonObject metadata)
    {
        metadata["uid"] = restore.Uid;
        metadata["resourceVersion"] = restore.ResourceVersion;
        return new() { ["metadata"] = metadata };
    }
}
