using System.Text.Json.Nodes;
using BackupRunner.Tests.Kube.Fake.Fields;

namespace BackupRunner.Tests.Kube.Fake;

/// <summary>The scale of a StatefulSet or Deployment.</summary>
public sealed class FakeScales(FakeCluster cluster)
{
    static readonly FakeKind Kind = new("autoscaling", "v1", "scale", "Scale", true, FieldTable.Of("Scale"));

    static readonly FieldSet Replicas = FieldSet.Read((JsonObject)JsonNode.Parse("""{"f:spec":{"f:replicas":{}}}""")!);

    public JsonObject Get(FakeRequest request, FakeKind kind) => Of(cluster.Storage.Get(FakeKey.Of(kind, request.Namespace, request.Name)) ?? throw FakeStatusException.NotFound(kind, request.Name));

    /// <param name="contentType">Of a patch; empty for a PUT.</param>
    public async Task<JsonObject> Set(FakeRequest request, FakeKind kind, string contentType, JsonNode? body, CancellationToken cancel)
    {
        var stored = await cluster.Writer.Update(request, kind, "scale", old =>
        {
            var present = Of(old);
            var given = contentType.Length == 0 ? body as JsonObject ?? throw FakeStatusException.BadRequest("the body is no object") : FakePatch.Patched(present, body, contentType, Kind);
            if ((string?)given["kind"] != "Scale" || (string?)given["apiVersion"] != "autoscaling/v1")
                throw FakeStatusException.BadRequest($"expected a Scale of autoscaling/v1, got {given["kind"]} of {given["apiVersion"]}");
            var scale = FakeDecoding.Typed(given, Kind, request);
            FakeUpdates.DemandVersion(kind, request, old, (string?)scale["metadata"]!["resourceVersion"]);
            var replicas = (long?)scale["spec"]!["replicas"] ?? 0;
            if (replicas < 0)
                throw FakeStatusException.Invalid(Kind, request.Name, [FakeValidation.Invalid("spec.replicas", replicas, "must be greater than or equal to 0")]);
            var next = (JsonObject)old.Item.DeepClone();
            if ((long?)next["spec"]!["replicas"] == replicas)
                return next;
            next["spec"]!["replicas"] = replicas;
            // Nobody holds the replicas of a scale that leaves them out; and once nobody does, an update of the scale does not begin to.
            var fields = ManagedFields.Of(old.Item);
            var tracked = fields.Holds(Replicas) && replicas != 0;
            fields.Moved(Replicas, tracked ? FakeWriter.Manager(request, kind, "scale") : null, null).WriteTo(next);
            return next;
        }, cancel);
        return Of(stored);
    }

    static JsonObject Of(FakeStored stored)
    {
        var metadata = new JsonObject();
        foreach (var name in (string[])["name", "namespace", "uid", "resourceVersion", "creationTimestamp"])
            metadata[name] = stored.Metadata[name]?.DeepClone();
        var scale = new JsonObject { ["kind"] = "Scale", ["apiVersion"] = "autoscaling/v1", ["metadata"] = metadata, ["spec"] = new JsonObject { ["replicas"] = stored.Item["spec"]!["replicas"]?.DeepClone() } };
        var labels = (stored.Item["spec"]!["selector"]?["matchLabels"] as JsonObject ?? []).OrderBy(label => label.Key, StringComparer.Ordinal).Select(label => $"{label.Key}={label.Value}");
        scale["status"] = new JsonObject { ["replicas"] = (long?)stored.Item["status"]?["replicas"] ?? 0, ["selector"] = string.Join(',', labels) };
        return new FieldWriter().Write(scale, Kind.Schema);
    }
}

/// <summary>SubjectAccessReviews, which are answered by RBAC and never stored.</summary>
public sealed class FakeReviews(FakeCluster cluster)
{
    public JsonObject Answer(FakeRequest request, FakeKind kind, JsonNode? body)
    {
        var item = FakeDecoding.Typed(FakeDecoding.Item(body, kind, ""), kind, request);
        ManagedFields.Of([]).Updated(FakeWriter.Manager(request, kind), FieldWriter.Zero(kind.Schema), item, kind.Schema, cluster.Now).WriteTo(item);
        var spec = item["spec"]!;
        var self = kind.Kind[0] == 'S' && kind.Kind[1] == 'e';
        var user = self ? request.User : new FakeUser((string?)spec["user"] ?? "", [.. (spec["groups"] as JsonArray ?? []).Select(group => (string)group!)]);
        if (!self && user.Name.Length == 0 && user.Groups.Count == 0)
            throw FakeStatusException.Invalid(kind, "", [FakeValidation.Invalid("spec.user", "", "at least one of user or group must be specified")]);
        if (spec["resourceAttributes"] is not JsonObject asked)
            throw FakeStatusException.Invalid(kind, "", [FakeValidation.Invalid("spec.resourceAttributes", "null", "exactly one of nonResourceAttributes or resourceAttributes must be specified")]);
        string Text(string name) => (string?)asked[name] ?? "";
        var resource = Text("subresource").Length > 0 ? $"{Text("resource")}/{Text("subresource")}" : Text("resource");
        var allowed = cluster.Authorizer.Refusal(user, new FakeAction(Text("verb"), Text("group"), resource, Text("namespace"), Text("name"))) is null;
        item["status"] = new JsonObject { ["allowed"] = allowed };
        return item;
    }
}
