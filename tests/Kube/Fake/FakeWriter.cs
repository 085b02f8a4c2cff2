using System.Text.Json.Nodes;
using BackupRunner.Tests.Kube.Fake.Fields;

namespace BackupRunner.Tests.Kube.Fake;

/// <summary>Creates and updates: defaults, managed fields, admission, validation, storage, in the order in which the server does them.</summary>
public sealed class FakeWriter(FakeCluster cluster)
{
    /// <param name="item">Decoded.</param>
    /// <param name="apply">Who holds what after an apply that found nothing; null: by the request's manager, as an update.</param>
    public async Task<FakeStored> Create(FakeRequest request, FakeKind kind, JsonObject item, ManagedFields? apply, CancellationToken cancel)
    {
        var metadata = (JsonObject)item["metadata"]!;
        if (metadata["resourceVersion"] is not null && (string?)metadata["resourceVersion"] != "")
            throw new FakeStatusException(500, "", "resourceVersion should not be set on objects to be created");
        foreach (var own in (string[])["uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation", "selfLink"])
            metadata.Remove(own);
        DemandNamespace(kind, request.Namespace);
        // Of a custom resource its strategy drops the status, after the mutating webhooks have seen it.
        if (kind.HasStatus && !kind.Custom)
            ClearStatus(kind, item);
        if ((string?)metadata["name"] is null or "" && (string?)metadata["generateName"] is { Length: > 0 } prefix)
            metadata["name"] = prefix + FakeCluster.RandomSuffix();
        if ((string?)metadata["name"] is null or "")
            throw FakeStatusException.Invalid(kind, "", [new FakeCause("FieldValueRequired", "Required value: name or generateName is required", "metadata.name")]);
        FakeDefaults.Set(kind, item);
        var fields = apply ?? ManagedFields.Of([]).Updated(Manager(request, kind), kind.Custom ? new JsonObject() : FieldWriter.Zero(kind.Schema), Owned(kind, item), kind.Schema, cluster.Now);
        fields.WriteTo(item);
        item = await cluster.Admission.Mutate(request, kind, "CREATE", item, null, cancel);
        if (kind is { HasStatus: true, Custom: true })
            ClearStatus(kind, item);
        item = FakeDecoding.Typed(item, kind, null);
        metadata = (JsonObject)item["metadata"]!;
        metadata["uid"] = Guid.NewGuid().ToString();
        metadata["creationTimestamp"] = cluster.Now;
        if (kind.Generation || kind.Custom)
            metadata["generation"] = 1;
        FakeStrategy.PrepareForCreate(kind, item, cluster);
        if (FakeValidation.Of(kind, item, null) is { Count: > 0 } causes)
            throw FakeStatusException.Invalid(kind, (string)metadata["name"]!, causes);
        FakeEscalation.Check(cluster, request, kind, item);
        item = FakeDecoding.Typed(item, kind, null);
        await cluster.Admission.Validate(request, kind, "CREATE", item, null, cancel);
        var key = FakeKey.Of(kind, request.Namespace, (string)metadata["name"]!);
        if (request.DryRun)
            return cluster.Storage.Get(key) is null ? new FakeStored(item, 0) : throw FakeStatusException.AlreadyExists(kind, key.Name);
        return cluster.Storage.Commit(key, 0, item) ?? throw FakeStatusException.AlreadyExists(kind, key.Name);
    }

    /// <summary>Writes what <paramref name="change"/> makes of the present object, again when somebody else was faster, unless it demands a version.</summary>
    /// <param name="change">Gets a copy; the result is decoded and has its managed fields.</param>
    public async Task<FakeStored> Update(FakeRequest request, FakeKind kind, string subresource, Func<FakeStored, JsonObject> change, CancellationToken cancel)
    {
        var key = FakeKey.Of(kind, request.Namespace, request.Name);
        while (true)
        {
            var old = cluster.Storage.Get(key) ?? throw FakeStatusException.NotFound(kind, request.Name);
            var item = await Changed(request, kind, subresource, old, change(old), cancel);
            if (Same(old.Item, item))
                return old;
            if (request.DryRun)
                return new FakeStored(item, old.Version);
            // The last finalizer has gone.
            if (item["metadata"]!["deletionTimestamp"] is not null && item["metadata"]!["finalizers"] is not JsonArray { Count: > 0 } && !IsEndingPod(kind, item))
            {
                if (cluster.Storage.Commit(key, old.Version, null) is not null)
                    return new FakeStored(item, old.Version);
            }
            else if (cluster.Storage.Commit(key, old.Version, item) is { } stored)
                return stored;
        }
    }

    /// <summary>The object after an update of the main resource or its status, before it is stored.</summary>
    public JsonObject Next(FakeRequest request, FakeKind kind, string subresource, JsonObject old, JsonObject given, bool track)
    {
        // Only what belongs to the subresource counts, and only what does not to the object.
        var item = (JsonObject)(subresource == "status" ? old : given).DeepClone();
        if (subresource == "status")
        {
            item.Remove("status");
            if (given["status"] is { } status)
                item["status"] = status.DeepClone();
        }
        else if (kind.HasStatus)
        {
            item.Remove("status");
            if (old["status"] is { } status)
                item["status"] = status.DeepClone();
        }
        var metadata = (JsonObject)item["metadata"]!;
        foreach (var own in (string[])["uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation", "resourceVersion", "name", "namespace", "generateName"])
        {
            metadata.Remove(own);
            if (old["metadata"]![own] is { } kept)
                metadata[own] = kept.DeepClone();
        }
        FakeDefaults.Set(kind, item);
        if (kind.Kind == "Secret")
            FakeStrategy.TakeText(item);
        item = FakeDecoding.Typed(item, kind, null);
        if (track)
        {
            var before = ManagedFields.Of(old);
            if (before.IsEmpty)
                ((JsonObject)item["metadata"]!).Remove("managedFields");
            else
                before.Updated(Manager(request, kind, subresource), old, item, kind.Schema, cluster.Now).WriteTo(item);
        }
        return item;
    }

    public static FieldManager Manager(FakeRequest request, FakeKind kind, string subresource = "", string operation = "Update") =>
        new(request.FieldManager, operation, kind.ApiVersion, subresource == "" ? "" : subresource);

    // A status is nobody's who writes the object.
    static JsonObject Owned(FakeKind kind, JsonObject item)
    {
        if (kind is not { HasStatus: true, Custom: true } || item["status"] is null)
            return item;
        var owned = (JsonObject)item.DeepClone();
        owned.Remove("status");
        return owned;
    }

    public static void ClearStatus(FakeKind kind, JsonObject item)
    {
        item.Remove("status");
        if (!kind.Custom)
            item["status"] = FieldWriter.Zero(kind.Schema)["status"]?.DeepClone();
    }

    async Task<JsonObject> Changed(FakeRequest request, FakeKind kind, string subresource, FakeStored old, JsonObject next, CancellationToken cancel)
    {
        var item = await cluster.Admission.Mutate(request, kind, "UPDATE", next, old.Item, cancel);
        if (!ReferenceEquals(item, next))
            item = FakeDecoding.Typed(item, kind, null);
        if ((kind.Generation || kind.Custom) && subresource != "status" && !SpecSame(kind, old.Item, item))
            item["metadata"]!["generation"] = ((long?)old.Item["metadata"]!["generation"] ?? 0) + 1;
        if ((subresource != "status" || kind.Custom) && FakeValidation.Of(kind, item, old.Item) is { Count: > 0 } causes)
            throw FakeStatusException.Invalid(kind, request.Name, causes);
        FakeValidation.DemandNoNewFinalizers(kind, request.Name, item, old.Item);
        FakeEscalation.Check(cluster, request, kind, item);
        if (!Same(old.Item, item))
            await cluster.Admission.Validate(request, kind, "UPDATE", item, old.Item, cancel);
        return item;
    }

    void DemandNamespace(FakeKind kind, string name)
    {
        if (!kind.Namespaced || name.Length == 0)
            return;
        var @namespace = cluster.Get("namespaces", "", name) ?? throw FakeStatusException.NotFound(cluster.Kinds["namespaces"], name);
        if (@namespace.Metadata["deletionTimestamp"] is not null)
            throw FakeStatusException.Forbidden(kind.Qualified, kind.Group, kind.Plural, "", $"unable to create new content in namespace {name} because it is being terminated");
    }

    static bool IsEndingPod(FakeKind kind, JsonObject item) => kind.Plural == "pods" && (long?)item["metadata"]!["deletionGracePeriodSeconds"] > 0;

    // Everything but metadata and status counts.
    static bool SpecSame(FakeKind kind, JsonObject old, JsonObject now) => old.Select(part => part.Key).Union(now.Select(part => part.Key))
        .Where(name => name is not "metadata" and not "apiVersion" and not "kind" && !(name == "status" && kind.HasStatus)).All(name => JsonNode.DeepEquals(old[name], now[name]));

    static bool Same(JsonObject old, JsonObject now) => JsonNode.DeepEquals(WithoutTimes(old), WithoutTimes(now));

    static JsonNode WithoutTimes(JsonObject item)
    {
        var copy = item.DeepClone();
        foreach (var entry in copy["metadata"]!["managedFields"] as JsonArray ?? [])
            (entry as JsonObject)?.Remove("time");
        return copy;
    }
}
