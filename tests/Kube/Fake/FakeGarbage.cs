using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using BackupRunner.Tests.Kube.Fake.Fields;

namespace BackupRunner.Tests.Kube.Fake;

/// <summary>
/// What the server's own controllers do after a change: owner references are collected, finalizers of deletions settled, definitions established,
/// namespaces furnished and emptied, claims let go.
/// </summary>
public sealed class FakeGarbage(FakeCluster cluster)
{
    const string About = "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. "
        + "No other usage is guaranteed across distributions of Kubernetes clusters.";

    static readonly FakeUser Collector = FakeUser.Controller("system:serviceaccount:kube-system:generic-garbage-collector");

    readonly Channel<FakeChange> changes = Channel.CreateUnbounded<FakeChange>();
    readonly ConcurrentDictionary<string, FakeKey> living = new();
    readonly ConcurrentDictionary<FakeKey, byte> owned = new();
    long seen;
    TaskCompletionSource settled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Every change goes through here, in order.</summary>
    public void Notice(FakeChange change)
    {
        if (change.New is null)
            living.TryRemove(change.Last.Uid, out _);
        else
            living[change.New.Uid] = change.Key;
        if (change.New?.Metadata["ownerReferences"] is JsonArray { Count: > 0 })
            owned[change.Key] = 0;
        else
            owned.TryRemove(change.Key, out _);
        changes.Writer.TryWrite(change);
    }

    /// <summary>Ends once everything that has changed so far, and what followed from it, is settled.</summary>
    public async Task Settled(CancellationToken cancel)
    {
        while (Interlocked.Read(ref seen) < cluster.Storage.Version)
            await Volatile.Read(ref settled).Task.WaitAsync(TimeSpan.FromSeconds(1), cancel).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    public async Task Work(CancellationToken cancel)
    {
        await foreach (var change in changes.Reader.ReadAllAsync(cancel))
        {
            await Settle(change, cancel);
            Interlocked.Exchange(ref seen, change.Version);
            Interlocked.Exchange(ref settled, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
        }
    }

    async Task Settle(FakeChange change, CancellationToken cancel)
    {
        if (change.New is null)
        {
            foreach (var dependent in DependentsOf(change.Last.Uid))
                await Collect(dependent, cancel);
            foreach (var owner in OwnersOf(change.Last).Select(uid => living.GetValueOrDefault(uid)).OfType<FakeKey>())
                await Finish(owner, cancel);
            if (change.Key.Plural == "customresourcedefinitions")
                cluster.Kinds.Remove((string)change.Last.Item["spec"]!["group"]!, (string)change.Last.Item["spec"]!["names"]!["plural"]!);
            if (change.Key.Plural == "pods")
                await ReleaseClaims(change.Key.Namespace, cancel);
            if (cluster.Get("namespaces", "", change.Key.Namespace) is { } inside && inside.Metadata["deletionTimestamp"] is not null)
                await Empty(inside, cancel);
            return;
        }
        if (change.Key.Plural == "customresourcedefinitions" && change.New.Item["status"]?["conditions"] is not JsonArray { Count: > 0 })
            Commit(change.Key, change.New, FakeCustomResource.Established(change.New.Item, cluster.Now));
        if (change.Key.Plural == "namespaces" && change.Old is null)
            Furnish(change.Key.Name);
        if (owned.ContainsKey(change.Key))
            await Collect(change.Key, cancel);
        if (change.New.Metadata["deletionTimestamp"] is null)
            return;
        await Finish(change.Key, cancel);
        if (change.Key.Plural == "persistentvolumeclaims")
            await ReleaseClaims(change.Key.Namespace, cancel);
        if (change.Key.Plural == "namespaces")
            await Empty(change.New, cancel);
    }

    // An object all of whose owners are gone, or in another namespace, is deleted.
    async Task Collect(FakeKey key, CancellationToken cancel)
    {
        if (cluster.Storage.Get(key) is not { } stored || stored.Metadata["deletionTimestamp"] is not null || stored.Metadata["ownerReferences"] is not JsonArray { Count: > 0 } references)
            return;
        var present = references.Where(reference => living.TryGetValue((string)reference!["uid"]!, out var owner) && (owner.Namespace.Length == 0 || owner.Namespace == key.Namespace)).ToList();
        if (present.Count == 0)
            await Delete(key, "Background", cancel);
        else if (present.Count < references.Count)
        {
            var next = (JsonObject)stored.Item.DeepClone();
            next["metadata"]!["ownerReferences"] = new JsonArray([.. present.Select(reference => reference!.DeepClone())]);
            Commit(key, stored, next);
        }
    }

    // The finalizers of Foreground and Orphan.
    async Task Finish(FakeKey key, CancellationToken cancel)
    {
        if (cluster.Storage.Get(key) is not { } stored || stored.Metadata["deletionTimestamp"] is null)
            return;
        var finalizers = (stored.Metadata["finalizers"] as JsonArray ?? []).Select(finalizer => (string)finalizer!).ToList();
        var dependents = DependentsOf(stored.Uid).ToList();
        if (finalizers.Contains("orphan"))
        {
            foreach (var dependent in dependents)
                Disown(dependent, stored.Uid);
            Drop(key, "orphan");
        }
        else if (finalizers.Contains("foregroundDeletion"))
        {
            foreach (var dependent in dependents)
                await Delete(dependent, "Foreground", cancel);
            if (!DependentsOf(stored.Uid).Any(dependent => Blocks(dependent, stored.Uid)))
                Drop(key, "foregroundDeletion");
        }
    }

    async Task Empty(FakeStored @namespace, CancellationToken cancel)
    {
        var name = (string)@namespace.Metadata["name"]!;
        var inside = cluster.Storage.Where((key, _) => key.Namespace == name);
        foreach (var (key, stored) in inside.Where(item => item.Stored.Metadata["deletionTimestamp"] is null))
            await Delete(key, "Background", cancel);
        var emptied = new FakeKey("", "namespaces", "", name);
        if (cluster.Storage.Where((key, _) => key.Namespace == name).Count == 0 && cluster.Storage.Get(emptied) is { } left)
            cluster.Storage.Commit(emptied, left.Version, null);
    }

    async Task ReleaseClaims(string @namespace, CancellationToken cancel)
    {
        var used = cluster.Storage.List(cluster.Kinds["pods"], @namespace)!.Value.Items.Where(pod => (string?)pod.Item["status"]?["phase"] is not ("Succeeded" or "Failed"))
            .SelectMany(pod => pod.Item["spec"]!["volumes"] as JsonArray ?? []).Select(volume => (string?)volume!["persistentVolumeClaim"]?["claimName"]).ToHashSet();
        foreach (var claim in cluster.Storage.List(cluster.Kinds["persistentvolumeclaims"], @namespace)!.Value.Items)
        {
            if (claim.Metadata["deletionTimestamp"] is not null && !used.Contains((string)claim.Metadata["name"]!))
                Drop(new FakeKey("", "persistentvolumeclaims", @namespace, (string)claim.Metadata["name"]!), "kubernetes.io/pvc-protection");
        }
        await Task.CompletedTask.WaitAsync(cancel);
    }

    void Furnish(string name)
    {
        JsonObject Metadata(string of) => new() { ["name"] = of, ["namespace"] = name };
        if (cluster.Get("serviceaccounts", name, "default") is null)
            cluster.Put(cluster.Kinds["serviceaccounts"], new JsonObject { ["kind"] = "ServiceAccount", ["apiVersion"] = "v1", ["metadata"] = Metadata("default") });
        if (cluster.Get("configmaps", name, "kube-root-ca.crt") is not null)
            return;
        var metadata = Metadata("kube-root-ca.crt");
        metadata["annotations"] = new JsonObject { ["kubernetes.io/description"] = About };
        var authority = new JsonObject { ["kind"] = "ConfigMap", ["apiVersion"] = "v1", ["metadata"] = metadata, ["data"] = new JsonObject { ["ca.crt"] = cluster.Authority } };
        FieldManager by = new("kube-controller-manager", "Update", "v1", "");
        ManagedFields.Of([]).Updated(by, new JsonObject { ["metadata"] = new JsonObject() }, authority, FieldTable.Of("ConfigMap"), cluster.Now).WriteTo(authority);
        cluster.Put(cluster.Kinds["configmaps"], authority);
    }

    async Task Delete(FakeKey key, string policy, CancellationToken cancel)
    {
        var kind = cluster.Kinds.All.First(kind => kind.Group == key.Group && kind.Plural == key.Plural);
        var request = new FakeRequest(Collector, "DELETE", "", Microsoft.AspNetCore.Http.QueryCollection.Empty, "delete", key.Group, kind.Version, key.Namespace, key.Plural, key.Name, "") { FieldManager = "kube-controller-manager" };
        try
        {
            await new FakeDeletes(cluster).Delete(request, kind, new JsonObject { ["propagationPolicy"] = policy }, cancel);
        }
        catch (FakeStatusException refused) when (refused.Code != 500 || refused.Reason == "InternalError")
        {
            // Gone already, or a webhook is against it: the real controller tries again for ever, this one at the next change.
        }
    }

    void Drop(FakeKey key, string finalizer)
    {
        if (cluster.Storage.Get(key) is not { } stored || stored.Metadata["finalizers"] is not JsonArray present)
            return;
        var next = (JsonObject)stored.Item.DeepClone();
        var left = present.Where(one => (string?)one != finalizer).Select(one => one!.DeepClone()).ToList();
        next["metadata"]!["finalizers"] = new JsonArray([.. left]);
        if (left.Count == 0)
            ((JsonObject)next["metadata"]!).Remove("finalizers");
        cluster.Storage.Commit(key, stored.Version, left.Count == 0 ? null : next);
    }

    void Disown(FakeKey key, string uid)
    {
        // Until it is done: another writer may be faster, and without it the dependent would go with its owner.
        while (cluster.Storage.Get(key) is { } stored && OwnersOf(stored).Contains(uid))
        {
            var next = (JsonObject)stored.Item.DeepClone();
            var left = ((JsonArray)next["metadata"]!["ownerReferences"]!).Where(reference => (string)reference!["uid"]! != uid).Select(reference => reference!.DeepClone()).ToList();
            ((JsonObject)next["metadata"]!).Remove("ownerReferences");
            if (left.Count > 0)
                next["metadata"]!["ownerReferences"] = new JsonArray([.. left]);
            Commit(key, stored, next);
        }
    }

    void Commit(FakeKey key, FakeStored stored, JsonObject next) => cluster.Storage.Commit(key, stored.Version, next);

    IEnumerable<FakeKey> DependentsOf(string uid) => owned.Keys.Where(key => cluster.Storage.Get(key) is { } stored && OwnersOf(stored).Contains(uid));

    bool Blocks(FakeKey key, string uid) => cluster.Storage.Get(key) is { } stored
        && (stored.Metadata["ownerReferences"] as JsonArray ?? []).Any(reference => (string)reference!["uid"]! == uid && (bool?)reference["blockOwnerDeletion"] == true);

    static IEnumerable<string> OwnersOf(FakeStored stored) => (stored.Metadata["ownerReferences"] as JsonArray ?? []).Select(reference => (string)reference!["uid"]!);
}
