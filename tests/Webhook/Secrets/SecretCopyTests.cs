using System.Text;
using System.Text.Json.Nodes;
using BackupRunner.Keys;
using BackupRunner.Names;
using BackupRunner.Webhook.Keys;

namespace BackupRunner.Tests.Webhook;

public sealed class SecretCopyTests : IAsyncLifetime
{
    const string Plain = "{enabled: true, keySecretRef: {name: ring, namespace: vault}}";

    SecretScene scene = null!;

    public async ValueTask InitializeAsync() => scene = await SecretScene.Start();

    public ValueTask DisposeAsync() => scene.DisposeAsync();

    static SecretDemand Store(string space) => SecretDemands.Of(
        SecretScene.Workload(space), SecretScene.Policy(space, storage: "{provider: minio, bucket: b, endpoint: https://m.example.com, secretRef: {name: ring, namespace: vault}}"), "c1").Single();

    static Dictionary<string, string> RingOf(out KeyId id) => new() { ["key"] = SecretScene.NewKey(out id) };

    [Fact]
    public async Task A_copy_of_keys_has_the_rings_fields_and_no_other_and_belongs_to_its_workload()
    {
        var other = SecretScene.NewKey(out var old);
        var fields = RingOf(out _);
        await scene.PutSecret("vault", "ring", new(fields) { ["key-" + old] = other, ["password"] = "hunter2", ["key-notes"] = "x" }, "shop");

        Assert.Empty((await scene.Tend([SecretScene.Demand("shop", Plain)])).Problems);

        var copy = scene.Copy("shop")!;
        Assert.Equal(["key", "key-" + old], SecretScene.Names(copy));
        Assert.Equal(fields["key"], Encoding.UTF8.GetString(SecretScene.Fields(copy)["key"]));
        Assert.Equal("Opaque", (string?)copy["type"]);
        Assert.Equal("statefulset.redis", (string?)copy["metadata"]!["labels"]![ClusterNames.ForLabel]);
        Assert.Equal("vault/ring", (string?)copy["metadata"]!["annotations"]![ClusterNames.SourceAnnotation]);
        Assert.Equal("uid-shop-redis", (string?)copy["metadata"]!["ownerReferences"]![0]!["uid"]);
    }

    [Fact]
    public async Task A_copy_of_credentials_has_all_fields_and_loses_those_that_the_source_lost()
    {
        await scene.PutSecret("vault", "ring", new() { ["a"] = "1", ["b"] = "2" }, "*");
        await scene.Tend([Store("shop")]);
        await scene.Edit("vault", "ring", """{"data":{"b":null,"c":"Mw=="}}""");
        await scene.Tend([Store("shop")]);
        Assert.Equal(["a", "c"], SecretScene.Names(scene.Copy("shop")));
    }

    [Fact]
    public async Task A_second_pass_writes_nothing()
    {
        await scene.PutSecret("vault", "ring", RingOf(out _), "shop,bank");
        SecretDemand[] demands = [SecretScene.Demand("shop"), SecretScene.Demand("bank")];
        await scene.Tend(demands);
        var version = scene.Version;
        await scene.Tend(demands);
        scene.Restart();
        Assert.Equal(SecretTending.Every, (await scene.Tend(demands)).Again);
        Assert.Equal(version, scene.Version);
    }

    [Fact]
    public async Task A_copy_that_somebody_edited_or_deleted_is_repaired()
    {
        await scene.PutSecret("vault", "ring", RingOf(out var id), "shop");
        await scene.Tend([SecretScene.Demand("shop", Plain)]);
        var whole = scene.Copy("shop")!;
        await scene.Edit("shop", SecretScene.CopyName(), """{"data":{"key":"AAAA","more":"AAAA"},"metadata":{"ownerReferences":null,"annotations":{"backup.middleware.io/source":"x/y"}}}""");
        await scene.Tend([SecretScene.Demand("shop", Plain)]);
        var repaired = scene.Copy("shop")!;
        Assert.Equal(whole["data"]!.ToJsonString(), repaired["data"]!.ToJsonString());
        foreach (var part in (string[])["ownerReferences", "labels", "annotations"])
            Assert.True(JsonNode.DeepEquals(whole["metadata"]![part], repaired["metadata"]![part]), part);
        await scene.Delete("shop", SecretScene.CopyName());
        await scene.Tend([SecretScene.Demand("shop", Plain)]);
        Assert.Equal(id, SecretScene.Held(scene.Copy("shop")).Current);
    }

    [Fact]
    public async Task A_key_that_the_source_lost_stays_in_the_copy()
    {
        await scene.PutSecret("vault", "ring", RingOf(out var first), "shop");
        await scene.Tend([SecretScene.Demand("shop", Plain)]);
        // Somebody replaces the Secret as a whole.
        var next = SecretScene.NewKey(out var second);
        await scene.Edit("vault", "ring", new JsonObject { ["data"] = new JsonObject { ["key"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(next)) } }.ToJsonString());
        await scene.Tend([SecretScene.Demand("shop", Plain)]);
        var held = SecretScene.Held(scene.Copy("shop"));
        Assert.Equal((second, true), (held.Current, held.Held.ContainsKey(first)));
        // And one that broke it takes the copy's current key from nobody.
        await scene.Edit("vault", "ring", """{"data":{"key":"AAAA"}}""");
        Assert.Contains((await scene.Tend([SecretScene.Demand("shop", Plain)])).Problems, problem => problem.Problem.Contains("has no key in field \"key\"", StringComparison.Ordinal));
        Assert.Equal(held.Ids.ToHashSet(), SecretScene.Held(scene.Copy("shop")).Ids.ToHashSet());
        Assert.Equal(second, SecretScene.Held(scene.Copy("shop")).Current);
    }

    [Fact]
    public async Task A_secret_of_the_copys_name_that_is_not_ours_is_never_touched()
    {
        await scene.PutSecret("vault", "ring", RingOf(out _), "shop");
        var foreign = await scene.PutSecret("shop", SecretScene.CopyName(), new() { ["key"] = "mine" });
        var outcome = await scene.Tend([SecretScene.Demand("shop", Plain)]);
        Assert.Contains("is not the webhook's", Assert.Single(outcome.Problems).Problem, StringComparison.Ordinal);
        await scene.Tending.Withdraw(SecretScene.Workload("shop").Id, SecretScene.CopyName(), SecretScene.Cancel);
        // Of another workload neither.
        await scene.Edit("shop", SecretScene.CopyName(), """{"metadata":{"labels":{"backup.middleware.io/for":"statefulset.other"}}}""");
        await scene.Tend([SecretScene.Demand("shop", Plain)]);
        Assert.Equal(foreign["data"]!.ToJsonString(), scene.Copy("shop")!["data"]!.ToJsonString());
    }

    [Fact]
    public async Task Without_permission_there_is_no_copy_and_when_it_is_withdrawn_the_copy_goes()
    {
        await scene.PutSecret("vault", "ring", RingOf(out _), "bank");
        SecretDemand[] demands = [SecretScene.Demand("shop", Plain), SecretScene.Demand("bank", Plain)];
        var problem = Assert.Single((await scene.Tend(demands)).Problems);
        Assert.Equal("shop", problem.Workload.Namespace);
        Assert.Contains("may not be used in namespace \"shop\"", problem.Problem, StringComparison.Ordinal);
        Assert.Null(scene.Copy("shop"));
        Assert.NotNull(scene.Copy("bank"));

        // While the webhook is away.
        await scene.Edit("vault", "ring", """{"metadata":{"annotations":{"backup.middleware.io/allowed-namespaces":"shop"}}}""");
        scene.Restart();
        await scene.Tend(demands);
        Assert.NotNull(scene.Copy("shop"));
        Assert.Null(scene.Copy("bank"));
    }

    [Fact]
    public async Task A_copy_that_alone_holds_a_key_is_not_deleted_with_the_permission()
    {
        await scene.PutSecret("vault", "ring", RingOf(out var id), "shop");
        await scene.Tend([SecretScene.Demand("shop", Plain)]);
        var next = SecretScene.NewKey(out _);
        await scene.Edit("vault", "ring", new JsonObject
        {
            ["data"] = new JsonObject { ["key"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(next)) },
            ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [ClusterNames.AllowedNamespacesAnnotation] = null } },
        }.ToJsonString());
        Assert.Contains((await scene.Tend([SecretScene.Demand("shop", Plain)])).Problems, problem => problem.Problem.Contains($"no other Secret is known to hold key {id}", StringComparison.Ordinal));
        Assert.Contains(id.Text, await scene.Tending.Withdraw(SecretScene.Workload("shop").Id, SecretScene.CopyName(), SecretScene.Cancel), StringComparison.Ordinal);
        Assert.Equal(id, SecretScene.Held(scene.Copy("shop")).Current);
        // Once the key is back, it goes.
        await scene.Edit("vault", "ring", new JsonObject { ["data"] = new JsonObject { ["key-" + id] = scene.Copy("shop")!["data"]!["key"]!.DeepClone() } }.ToJsonString());
        Assert.Null(await scene.Tending.Withdraw(SecretScene.Workload("shop").Id, SecretScene.CopyName(), SecretScene.Cancel));
        Assert.Null(scene.Copy("shop"));
    }

    [Theory]
    [InlineData("gone")]
    [InlineData("replaced")]
    [InlineData("withdrawn")]
    public async Task A_copy_that_alone_holds_a_key_outlives_its_workload_and_belongs_to_it_again_once_the_source_has_the_key(string source)
    {
        var ring = RingOf(out var id);
        await scene.PutSecret("vault", "ring", new(ring), "shop");
        await scene.Tend([SecretScene.Demand("shop", Plain)]);
        if (source == "replaced")
            await scene.Edit("vault", "ring", Data("key", SecretScene.NewKey(out _)));
        else
            await scene.Delete("vault", "ring");
        if (source == "withdrawn")
            await scene.Tending.Withdraw(SecretScene.Workload("shop").Id, SecretScene.CopyName(), SecretScene.Cancel);
        else
            await scene.Tend([SecretScene.Demand("shop", Plain)]);
        Assert.Null(scene.Copy("shop")!["metadata"]!["ownerReferences"]);
        var version = scene.Version;
        await scene.Tend([SecretScene.Demand("shop", Plain)]);
        Assert.Equal(version, scene.Version);

        if (source == "replaced")
            await scene.Edit("vault", "ring", Data("key-" + id, ring["key"]));
        else
            await scene.PutSecret("vault", "ring", ring, "shop");
        await scene.Tend([SecretScene.Demand("shop", Plain)]);
        Assert.Equal("uid-shop-redis", (string?)scene.Copy("shop")!["metadata"]!["ownerReferences"]![0]!["uid"]);
    }

    [Theory]
    [InlineData("keySecretRef: {name: ring, namespace: vault, keyField: other}")]
    [InlineData("")]
    public async Task A_key_of_a_ring_that_the_policy_names_no_more_stays_until_the_source_has_it(string now)
    {
        const string Both = "{provider: minio, bucket: b, endpoint: https://m.example.com, secretRef: {name: ring, namespace: vault}}";
        SecretDemand Demand(string encryption) => SecretDemands.Of(SecretScene.Workload("shop"), SecretScene.Policy("shop", encryption, Both), "c1").Single();
        var after = Demand(now.Length > 0 ? $"{{enabled: true, {now}}}" : "");
        var (text, next) = (SecretScene.NewKey(out var first), SecretScene.NewKey(out _));
        await scene.PutSecret("vault", "ring", new() { ["key"] = text, ["other"] = next, ["password"] = "hunter2" }, "shop");
        await scene.Tend([Demand(Plain)]);
        await scene.Edit("vault", "ring", """{"data":{"key":null}}""");

        var problem = Assert.Single((await scene.Tend([after])).Problems).Problem;

        Assert.Contains($"keeps key {first} of field \"key\"", problem, StringComparison.Ordinal);
        Assert.Equal(["key", "other", "password"], SecretScene.Names(scene.Copy("shop")));
        // Also where the source has another key in that field now.
        await scene.Edit("vault", "ring", Data("key", SecretScene.NewKey(out _)));
        scene.Restart();
        await scene.Tend([after]);
        Assert.Contains(first, SecretScene.Held(scene.Copy("shop")).Ids);
        Assert.Contains(first.Text, await scene.Tending.Withdraw(SecretScene.Workload("shop").Id, SecretScene.CopyName(), SecretScene.Cancel), StringComparison.Ordinal);
        await scene.Edit("vault", "ring", Data("mended", text));
        Assert.Empty((await scene.Tend([after])).Problems);
        Assert.Equal(now.Length > 0 ? ["key", "mended", "other", "password"] : SecretScene.Names(scene.Secret("vault", "ring")), SecretScene.Names(scene.Copy("shop")));
    }

    [Fact]
    public async Task A_copy_that_lost_its_annotations_loses_no_key()
    {
        await scene.PutSecret("vault", "ring", RingOf(out var id), "shop");
        await scene.Tend([SecretScene.Demand("shop", Plain)]);
        await scene.Delete("vault", "ring");
        await scene.Edit("shop", SecretScene.CopyName(), """{"metadata":{"annotations":null}}""");

        Assert.Contains(id.Text, await scene.Tending.Withdraw(SecretScene.Workload("shop").Id, SecretScene.CopyName(), SecretScene.Cancel), StringComparison.Ordinal);

        Assert.Equal(id, SecretScene.Held(scene.Copy("shop")).Current);
        await scene.PutSecret("vault", "ring", new() { ["other"] = SecretScene.NewKey(out _) }, "shop");
        await scene.Tend([SecretScene.Demand("shop", "{enabled: true, keySecretRef: {name: ring, namespace: vault, keyField: other}}")]);
        Assert.Equal(id, SecretScene.Held(scene.Copy("shop")).Current);
    }

    [Fact]
    public async Task Only_a_copy_that_is_listed_is_made_and_one_that_is_there_is_kept_in_step()
    {
        await scene.PutSecret("vault", "ring", RingOf(out _), "shop");
        scene.Unlisted.Add(SecretScene.Workload("shop").Id);
        Assert.Empty((await scene.Tend([SecretScene.Demand("shop", Plain)])).Problems);
        Assert.Null(scene.Copy("shop"));
        scene.Unlisted.Clear();
        await scene.Tend([SecretScene.Demand("shop", Plain)]);
        scene.Unlisted.Add(SecretScene.Workload("shop").Id);
        await scene.Edit("vault", "ring", Data("key", SecretScene.NewKey(out var next)));
        await scene.Tend([SecretScene.Demand("shop", Plain)]);
        Assert.Equal(next, SecretScene.Held(scene.Copy("shop")).Current);
    }

    static string Data(string field, string text) => new JsonObject { ["data"] = new JsonObject { [field] = Convert.ToBase64String(Encoding.UTF8.GetBytes(text)) } }.ToJsonString();

    [Fact]
    public async Task A_source_that_is_gone_takes_nothing_from_the_copies()
    {
        await scene.PutSecret("vault", "ring", new() { ["a"] = "1" }, "shop");
        await scene.Tend([Store("shop")]);
        await scene.Delete("vault", "ring");
        Assert.Contains("does not exist", Assert.Single((await scene.Tend([Store("shop")])).Problems).Problem, StringComparison.Ordinal);
        Assert.NotNull(scene.Copy("shop"));
    }

    [Fact]
    public async Task A_namespace_that_is_not_listed_or_not_bound_is_not_read()
    {
        await scene.PutSecret("bank", "ring", new() { ["a"] = "1" }, "*");
        var demand = SecretDemands.Of(
            SecretScene.Workload("shop"), SecretScene.Policy("shop", storage: "{provider: minio, bucket: b, endpoint: https://m.example.com, secretRef: {name: ring, namespace: bank}}"), "c1").Single();
        Assert.Contains("--secret-namespaces", Assert.Single((await scene.Tend([demand], source: demand.Source)).Problems).Problem, StringComparison.Ordinal);
        Assert.DoesNotContain(scene.Api.Log, entry => entry is { Namespace: "bank", Verb: "get" or "list" or "watch" or "update" });
        scene.Namespaces.Add("bank");
        Assert.Contains("RoleBinding in namespace \"bank\"", Assert.Single((await scene.Tend([demand], source: demand.Source)).Problems).Problem, StringComparison.Ordinal);
        await scene.Bind("bank");
        Assert.Empty((await scene.Tend([demand], source: demand.Source)).Problems);
        Assert.NotNull(scene.Copy("shop", from: "bank"));
    }

    [Fact]
    public async Task What_fails_for_one_workload_stops_no_other()
    {
        await scene.PutSecret("vault", "ring", RingOf(out _), "*");
        using var fault = scene.Api.Faults.Add(request => request.Path.StartsWithSegments("/api/v1/namespaces/shop/secrets"), new Kube.Fake.FakeFault.Answer(500));
        var outcome = await scene.Tend([SecretScene.Demand("shop", Plain), SecretScene.Demand("bank", Plain)]);
        Assert.Equal("shop", Assert.Single(outcome.Problems).Workload.Namespace);
        Assert.NotNull(scene.Copy("bank"));
        Assert.Equal(SecretTending.AfterFailure, outcome.Again);
    }

    [Fact]
    public async Task Somebody_elses_write_in_between_is_not_overwritten()
    {
        await scene.PutSecret("vault", "ring", RingOf(out _), "shop");
        await scene.Tend([SecretScene.Demand("shop", Plain)]);
        await scene.Edit("shop", SecretScene.CopyName(), """{"data":{"key":"AAAA"}}""");
        var planted = SecretScene.NewKey(out var id);
        var patches = 0;
        using var fault = scene.Api.Faults.Add(
            request => request.Method == "PATCH" && request.Path.StartsWithSegments("/api/v1/namespaces/shop/secrets") && ++patches == 2,
            new Kube.Fake.FakeFault.First(() =>
            {
                var now = (JsonObject)scene.Copy("shop")!.DeepClone();
                now["data"]!["key-" + id] = Convert.ToBase64String(Encoding.UTF8.GetBytes(planted));
                scene.Api.Cluster.Put(scene.Api.Cluster.Kinds["secrets"], now);
                return Task.CompletedTask;
            }));
        Assert.Single((await scene.Tend([SecretScene.Demand("shop", Plain)])).Problems);
        Assert.Empty((await scene.Tend([SecretScene.Demand("shop", Plain)])).Problems);
        Assert.Contains(id, SecretScene.Held(scene.Copy("shop")).Ids);
    }
}
