using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using BackupRunner.Kube;
using BackupRunner.Names;
using BackupRunner.Webhook.Plans;

namespace BackupRunner.Webhook.Reconcile;

/// <summary>Makes an object what it should be, and writes nothing when it is.</summary>
public sealed class Applier(KubeClient kube, OwnObjects own)
{
    public const string FieldManager = "backup-webhook";

    /// <summary>Fields that the API server changes in no object: then it is made anew. Another refusal (a denial of somebody's webhook has the same status) deletes nothing.</summary>
    static readonly Dictionary<string, string[]> Unchangeable = new() { ["configmaps"] = ["data", "binaryData", "immutable"], ["rolebindings"] = ["roleRef"] };

    const int SettledAtLeast = 1024;

    /// <summary>
    /// What the last write of each object asked for, and led to. What the server or somebody else's webhook adds every time is not for us to fight over.
    /// </summary>
    readonly ConcurrentDictionary<ObjectKey, (string Wanted, OwnObject Result)> settled = new();

    /// <inheritdoc cref="Ensure(WantedObject, Func{CancellationToken, Task}, CancellationToken)"/>
    public Task<bool> Ensure(WantedObject wanted, CancellationToken cancel) => Ensure(wanted, _ => Task.CompletedTask, cancel);

    /// <param name="first">Must have succeeded before anything is written; not called when nothing is.</param>
    /// <returns>Whether something was written.</returns>
    /// <exception cref="RefusedObjectException">It is somebody else's, or the server refuses it for good.</exception>
    /// <exception cref="KubeException">Later it may succeed.</exception>
    public async Task<bool> Ensure(WantedObject wanted, Func<CancellationToken, Task> first, CancellationToken cancel)
    {
        var key = new ObjectKey(wanted.Resource.Plural, wanted.Namespace, wanted.Name);
        var manifest = JsonSerializer.SerializeToElement(wanted.Body, ManifestJson.Default.JsonObject);
        var there = own.Find(key);
        if (there is not null && there.Label != LabelOf(wanted))
            throw Foreign(key);
        if (there is not null && (IsSettled(key, manifest, there) || await Drifted(wanted, manifest, there, cancel) == Drift.None))
            return false;
        await first(cancel);
        var mark = own.Mark(key);
        try
        {
            var result = there is null ? await Make(wanted, key, cancel) : await Change(wanted, there, cancel);
            if (Drifting.Of(manifest, OwnObject.FieldsOf(key.Plural, result)) == Drift.Extra)
                result = await kube.Replace(wanted.Resource, WithoutExtras(result, manifest), cancel);
            if (OwnObject.Of(key.Plural, result) is not { } now)
                throw new RefusedObjectException($"{key} comes back from the API server without our label; does another webhook take it away");
            settled[key] = (Digest(manifest), now with { Fields = null });
            own.PutAnswer(now, mark);
            ForgetWhatIsGone();
            return true;
        }
        catch (KubeException stale) when (stale.IsConflict || stale.IsNotFound || IsAnother(stale))
        {
            // What we took for true was not: the next try begins with what is.
            await Look(wanted.Resource, key, cancel);
            throw;
        }
        catch (KubeException refused) when (!refused.IsTransient)
        {
            throw new RefusedObjectException($"the API server refuses {key}: {refused.Status.Message}", refused);
        }
    }

    /// <summary>Deletes the very object that was seen.</summary>
    public async Task Remove(OwnObject there, KubeResource<KubeObject> resource, CancellationToken cancel)
    {
        await kube.Delete(resource, there.Key.Namespace, there.Key.Name, new DeleteOptions { Uid = there.Uid, Propagation = Propagation.Background }, cancel);
        Forget(there);
    }

    /// <summary>It was deleted.</summary>
    public void Forget(OwnObject gone)
    {
        settled.TryRemove(gone.Key, out _);
        own.Remove(gone.Key);
    }

    async Task Look(KubeResource<KubeObject> resource, ObjectKey key, CancellationToken cancel)
    {
        if (await kube.Get(resource, key.Namespace, key.Name, cancel) is { } found && OwnObject.Of(key.Plural, found) is { } now)
            own.Put(now);
        else
            own.Remove(key);
    }

    async Task<Drift> Drifted(WantedObject wanted, JsonElement manifest, OwnObject there, CancellationToken cancel)
    {
        if (there.Fields is { } kept)
            return Drifting.Of(manifest, kept);
        return await kube.Get(wanted.Resource, wanted.Namespace, wanted.Name, cancel) is { } found ? Drifting.Of(manifest, OwnObject.FieldsOf(there.Key.Plural, found)) : Drift.Changed;
    }

    async Task<KubeObject> Make(WantedObject wanted, ObjectKey key, CancellationToken cancel)
    {
        if (await kube.Get(wanted.Resource, wanted.Namespace, wanted.Name, cancel) is not { } other)
            return await Apply(wanted, wanted.Body, cancel);
        if (OwnObject.Of(key.Plural, other) is not { } ours || ours.Label != LabelOf(wanted))
            throw Foreign(key);
        return await Change(wanted, ours, cancel);
    }

    static string? LabelOf(WantedObject wanted) => (string?)wanted.Body["metadata"]!["labels"]![ClusterNames.ForLabel];

    static RefusedObjectException Foreign(ObjectKey key) => new($"{key} exists and is not ours; it is left alone: rename it, or delete it if nobody needs it");

    async Task<KubeObject> Change(WantedObject wanted, OwnObject there, CancellationToken cancel)
    {
        var body = (JsonObject)wanted.Body.DeepClone();
        // Only the very object that was looked at: one that took its name meanwhile is a conflict.
        body["metadata"]!["uid"] = there.Uid;
        try
        {
            return await Apply(wanted, body, cancel);
        }
        catch (KubeException refused) when (CannotBeChanged(there.Key.Plural, refused))
        {
            await Remove(there, wanted.Resource, cancel);
            return await Apply(wanted, wanted.Body, cancel);
        }
    }

    static bool CannotBeChanged(string plural, KubeException refused) =>
        refused.HttpStatus == HttpStatusCode.UnprocessableEntity && Unchangeable.TryGetValue(plural, out var fields)
        && refused.Status.Details?.Causes is { Count: > 0 } causes && causes.TrueForAll(cause => fields.Contains(cause.Field?.Split('.', '[')[0]));

    // What went with its workload went without us.
    void ForgetWhatIsGone()
    {
        if (settled.Count < SettledAtLeast + (2 * own.Count))
            return;
        foreach (var key in settled.Keys.Where(key => own.Find(key) is null))
            settled.TryRemove(key, out _);
    }

    /// <summary>The object is not the one that was looked at any more, but another of its name.</summary>
    static bool IsAnother(KubeException failure) => failure.Status.Details?.Causes?.Exists(cause => cause.Field == "metadata.uid") == true;

    Task<KubeObject> Apply(WantedObject wanted, JsonObject body, CancellationToken cancel) =>
        kube.Apply(wanted.Resource, wanted.Namespace, wanted.Name, body, FieldManager, force: true, cancel);

    bool IsSettled(ObjectKey key, JsonElement manifest, OwnObject there) =>
        settled.TryGetValue(key, out var last) && last.Result.IsLike(there) && last.Wanted == Digest(manifest);

    static string Digest(JsonElement manifest) => Convert.ToHexString(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(manifest, ManifestJson.Default.JsonElement)));

    /// <summary>The object with every field at the top that we name as we want it, and the rest as it is, metadata too.</summary>
    static KubeObject WithoutExtras(KubeObject there, JsonElement manifest)
    {
        var fields = new Dictionary<string, JsonElement>(there.Unknown ?? []);
        foreach (var field in manifest.EnumerateObject().Where(field => field.Name is not ("apiVersion" or "kind" or "metadata")))
            fields[field.Name] = field.Value;
        return there with { Unknown = fields };
    }
}
