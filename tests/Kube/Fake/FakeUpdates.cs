using System.Text.Json.Nodes;
using BackupRunner.Tests.Kube.Fake.Fields;

namespace BackupRunner.Tests.Kube.Fake;

/// <summary>PUT and PATCH of objects and their status.</summary>
public sealed class FakeUpdates(FakeCluster cluster)
{
    public async Task<(int Status, FakeStored Stored)> Replace(FakeRequest request, FakeKind kind, JsonNode? body, CancellationToken cancel)
    {
        var item = FakeDecoding.Typed(FakeDecoding.Item(body, kind, request.Namespace), kind, request);
        var metadata = item["metadata"]!;
        if ((string?)metadata["name"] is { Length: > 0 } name && name != request.Name)
            throw FakeStatusException.BadRequest($"the name of the object ({name}) does not match the name on the URL ({request.Name})");
        var key = FakeKey.Of(kind, request.Namespace, request.Name);
        var uid = (string?)metadata["uid"] ?? "";
        if (cluster.Storage.Get(key) is null && (uid.Length > 0 || kind.Plural != "leases"))
            throw uid.Length > 0 ? FakeStatusException.Conflict(kind, request.Name, Lost(kind, request, 0, uid, "")) : FakeStatusException.NotFound(kind, request.Name);
        if (cluster.Storage.Get(key) is null)
        {
            // A Lease is made by an update of none.
            cluster.Authorizer.Demand(request, "create");
            metadata["name"] = request.Name;
            ((JsonObject)metadata).Remove("resourceVersion");
            return (201, await cluster.Writer.Create(request, kind, item, null, cancel));
        }
        return (200, await cluster.Writer.Update(request, kind, request.Subresource, old =>
        {
            if (uid.Length > 0 && uid != old.Uid)
                throw FakeStatusException.Conflict(kind, request.Name, Lost(kind, request, old.Version, uid, old.Uid));
            DemandVersion(kind, request, old, (string?)metadata["resourceVersion"]);
            return cluster.Writer.Next(request, kind, request.Subresource, old.Item, item, track: true);
        }, cancel));
    }

    public async Task<(int Status, FakeStored Stored)> Patch(FakeRequest request, FakeKind kind, string contentType, JsonNode? patch, CancellationToken cancel)
    {
        if (contentType == "application/apply-patch+yaml")
            return await Apply(request, kind, patch, cancel);
        if (request.Is("force"))
            throw new FakeStatusException(422, "Invalid", "PatchOptions.meta.k8s.io \"\" is invalid: force: Forbidden: may not be specified for non-apply patch");
        return (200, await cluster.Writer.Update(request, kind, request.Subresource, old =>
        {
            var patched = FakePatch.Patched(old.Item, patch, contentType, kind);
            DemandVersion(kind, request, old, (string?)patched["metadata"]?["resourceVersion"]);
            DemandUid(kind, request, old, (string?)patched["metadata"]?["uid"]);
            var typed = FakeDecoding.Typed(FakeDecoding.Item(patched, kind, request.Namespace), kind, request);
            return cluster.Writer.Next(request, kind, request.Subresource, old.Item, typed, track: true);
        }, cancel));
    }

    async Task<(int Status, FakeStored Stored)> Apply(FakeRequest request, FakeKind kind, JsonNode? body, CancellationToken cancel)
    {
        if (!request.Query.ContainsKey("fieldManager"))
            throw new FakeStatusException(422, "Invalid", "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch");
        var given = FakeDecoding.Item(body, kind, request.Namespace);
        var named = (string?)given["metadata"]!["name"] ?? request.Name;
        if (named != request.Name)
            throw FakeStatusException.BadRequest($"the name of the object ({named}) does not match the name on the URL ({request.Name})");
        if (given["metadata"]!["managedFields"] is not null)
            throw FakeStatusException.BadRequest("metadata.managedFields must be nil");
        given["metadata"]!["name"] = request.Name;
        DemandDeclared(request, kind, given);
        var by = FakeWriter.Manager(request, kind, request.Subresource, "Apply");
        if (cluster.Storage.Get(FakeKey.Of(kind, request.Namespace, request.Name)) is null)
        {
            cluster.Authorizer.Demand(request, "create");
            if (request.Subresource.Length > 0)
                throw FakeStatusException.NotFound(kind, request.Name);
            if ((string?)given["metadata"]!["uid"] is { Length: > 0 } uid)
                throw FakeStatusException.Conflict(kind, request.Name, $"uid mismatch: the provided object specified uid {uid}, and no existing object was found");
            var (made, fields, _) = ManagedFields.Of([]).Applied(by, [], given, kind.Schema, cluster.Now);
            return (201, await cluster.Writer.Create(request, kind, FakeDecoding.Typed(made, kind, null), fields, cancel));
        }
        return (200, await cluster.Writer.Update(request, kind, request.Subresource, old =>
        {
            DemandVersion(kind, request, old, (string?)given["metadata"]!["resourceVersion"]);
            DemandUid(kind, request, old, (string?)given["metadata"]!["uid"]);
            var (merged, fields, conflicts) = ManagedFields.Of(old.Item).Applied(by, old.Item, Own(given, request.Subresource, kind), kind.Schema, cluster.Now);
            if (conflicts.Count > 0 && !request.Is("force"))
                throw FakeStatusException.ApplyConflict(conflicts);
            var next = cluster.Writer.Next(request, kind, request.Subresource, old.Item, FakeDecoding.Typed(merged, kind, null), track: false);
            fields.WriteTo(next);
            return next;
        }, cancel));
    }

    /// <summary>An update that names another version than the present one comes too late.</summary>
    public static void DemandVersion(FakeKind kind, FakeRequest request, FakeStored old, string? version)
    {
        if (version is { Length: > 0 } and not "0" && version != (string)old.Metadata["resourceVersion"]!)
            throw FakeStatusException.Conflict(kind, request.Name);
    }

    // A patch that names another uid would change it.
    static void DemandUid(FakeKind kind, FakeRequest request, FakeStored old, string? uid)
    {
        if (uid is { Length: > 0 } && uid != old.Uid)
            throw FakeStatusException.Invalid(kind, request.Name, [FakeValidation.Invalid("metadata.uid", uid, "field is immutable")]);
    }

    // A status is not applied with the object, nor the object with its status.
    static JsonObject Own(JsonObject given, string subresource, FakeKind kind)
    {
        var own = (JsonObject)given.DeepClone();
        if (subresource == "status")
            own.Remove("spec");
        else if (kind.HasStatus)
            own.Remove("status");
        return own;
    }

    static void DemandDeclared(FakeRequest request, FakeKind kind, JsonObject given)
    {
        IReadOnlyList<string> unknown;
        if (kind.Custom)
            FakeCustomResource.Prune(given, kind, out unknown);
        else
        {
            var writer = new FieldWriter();
            try
            {
                writer.Write(given, kind.Schema);
            }
            catch (FieldFormatException problem)
            {
                throw FakeStatusException.BadRequest($"failed to create typed patch object: {problem.Message}");
            }
            unknown = writer.Unknown;
        }
        if (unknown.Count > 0)
        {
            var name = $"({(request.Namespace.Length > 0 ? request.Namespace + "/" : "/")}{request.Name}; {kind.ApiVersion}, Kind={kind.Kind})";
            throw new FakeStatusException(500, "", $"failed to create typed patch object {name}: {(unknown.Count == 1 ? "" : "errors:\n  ")}{string.Join("\n  ", unknown.Select(path => $".{path}: field not declared in schema"))}");
        }
    }

    static string Lost(FakeKind kind, FakeRequest request, long version, string wanted, string found) =>
        $"StorageError: invalid object, Code: 4, Key: /registry/{kind.Plural}/{request.Namespace}/{request.Name}, ResourceVersion: {version}, "
        + $"AdditionalErrorMsg: Precondition failed: UID in precondition: {wanted}, UID in object meta: {found}";
}
