using System.Text.Json.Nodes;
using BackupRunner.Tests.Kube.Fake;
using Microsoft.AspNetCore.Http;

namespace BackupRunner.Tests.Kube.Simulation;

/// <summary>How the simulated controllers write: as the server does for a request of theirs, with admission and managed fields, but without the network.</summary>
public sealed class SimulatedApi(FakeCluster cluster, string manager)
{
    readonly FakeUser user = FakeUser.Controller("system:" + manager);

    public IReadOnlyList<JsonObject> List(string plural) => [.. cluster.Storage.List(cluster.Kinds[plural], "")!.Value.Items.Select(stored => stored.Item)];

    public JsonObject? Get(string plural, string @namespace, string name) => cluster.Get(plural, @namespace, name)?.Item;

    public async Task<JsonObject> Create(string plural, JsonObject item, CancellationToken cancel)
    {
        var kind = cluster.Kinds[plural];
        var metadata = item["metadata"]!;
        item["kind"] = kind.Kind;
        item["apiVersion"] = kind.ApiVersion;
        var request = Request("create", kind, (string)metadata["namespace"]!, "", "");
        return (await cluster.Writer.Create(request, kind, FakeDecoding.Typed((JsonObject)JsonNode.Parse(item.ToJsonString())!, kind, null), null, cancel)).Item;
    }

    /// <summary>Changes the object, or its status. What another writer does in between is not lost.</summary>
    public async Task Change(string plural, JsonObject of, string subresource, Action<JsonObject> change, CancellationToken cancel)
    {
        var kind = cluster.Kinds[plural];
        var (inside, name) = ((string)of["metadata"]!["namespace"]!, (string)of["metadata"]!["name"]!);
        if (cluster.Get(plural, inside, name) is not { } present || present.Uid != (string)of["metadata"]!["uid"]!)
            return;
        var request = Request("update", kind, inside, name, subresource);
        await cluster.Writer.Update(request, kind, subresource, old =>
        {
            var next = (JsonObject)old.Item.DeepClone();
            change(next);
            return cluster.Writer.Next(request, kind, subresource, old.Item, FakeDecoding.Typed((JsonObject)JsonNode.Parse(next.ToJsonString())!, kind, null), track: true);
        }, cancel);
    }

    public Task Status(string plural, JsonObject of, JsonObject status, CancellationToken cancel) => Change(plural, of, "status", item => item["status"] = status, cancel);

    public async Task Delete(string plural, JsonObject of, int? grace, CancellationToken cancel)
    {
        var kind = cluster.Kinds[plural];
        var (inside, name) = ((string)of["metadata"]!["namespace"]!, (string)of["metadata"]!["name"]!);
        if (cluster.Get(plural, inside, name) is not { } present || present.Uid != (string)of["metadata"]!["uid"]!)
            return;
        var options = new JsonObject { ["propagationPolicy"] = "Background", ["preconditions"] = new JsonObject { ["uid"] = present.Uid } };
        if (grace is not null)
            options["gracePeriodSeconds"] = (long)grace;
        await new FakeDeletes(cluster).Delete(Request("delete", kind, inside, name, ""), kind, options, cancel);
    }

    FakeRequest Request(string verb, FakeKind kind, string @namespace, string name, string subresource) =>
        new(user, "", "", QueryCollection.Empty, verb, kind.Group, kind.Version, @namespace, kind.Plural, name, subresource) { FieldManager = manager };
}
