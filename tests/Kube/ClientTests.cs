using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using BackupRunner.Kube;
using BackupRunner.Tests.Hooks;
using Microsoft.AspNetCore.Http;

namespace BackupRunner.Tests.Kube;

public sealed class ClientTests
{
    const string PodJson = """{"kind":"Pod","apiVersion":"v1","metadata":{"name":"redis-0","namespace":"shop"}}""";

    static readonly TimeSpan Within = TimeSpan.FromSeconds(29);
    static readonly ListOptions Everything = new();

    readonly ManualTime time = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    KubeClient Client(ScriptedKube server) => new(new() { Server = server.Address }, time);

    [Fact]
    public async Task Waits_as_long_as_a_busy_server_asks()
    {
        await using var server = await ScriptedKube.Start((context, number) =>
        {
            if (number > 1)
                return context.Response.WriteAsync(PodJson);
            context.Response.Headers.RetryAfter = "7";
            return ScriptedKube.Fail(context, 429, "TooManyRequests");
        }, Cancel);
        using var client = Client(server);
        var began = time.GetUtcNow();
        var pod = await time.RunUntil(client.Get(KubeResources.Pods, "shop", "redis-0", Cancel), Within, Cancel);
        Assert.Equal("redis-0", pod?.Metadata.Name);
        Assert.Equal(TimeSpan.FromSeconds(7), time.GetUtcNow() - began);
    }

    [Fact]
    public async Task Tries_a_server_that_is_not_ready_five_times()
    {
        await using var server = await ScriptedKube.Start((context, _) => ScriptedKube.Fail(context, 503, "ServiceUnavailable", "etcd is away"), Cancel);
        using var client = Client(server);
        var e = await Assert.ThrowsAsync<KubeException>(() => time.RunUntil(client.Get(KubeResources.Pods, "shop", "redis-0", Cancel), Within, Cancel));
        Assert.Equal("get pods \"redis-0\" in namespace \"shop\": etcd is away", e.Message);
        Assert.True(e.IsTransient);
        Assert.Equal(5, server.Seen.Count);
    }

    [Theory]
    [InlineData(503, null, 1)]
    [InlineData(503, "1", 2)]
    [InlineData(429, null, 2)]
    public async Task Repeats_a_creation_only_when_the_server_says_that_it_may(int code, string? retryAfter, int requests)
    {
        await using var server = await ScriptedKube.Start((context, number) =>
        {
            if (number > 1)
                return context.Response.WriteAsync(PodJson);
            context.Response.Headers.RetryAfter = retryAfter;
            return ScriptedKube.Fail(context, code, "Busy");
        }, Cancel);
        using var client = Client(server);
        var creation = time.RunUntil(client.Create(KubeResources.Pods, new Pod { Metadata = new() { Name = "redis-0", Namespace = "shop" } }, Cancel), Within, Cancel);
        if (requests == 1)
            await Assert.ThrowsAsync<KubeException>(() => creation);
        else
            await creation;
        Assert.Equal(requests, server.Seen.Count);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(403)]
    [InlineData(409)]
    [InlineData(422)]
    public async Task Does_not_repeat_what_the_server_refuses(int code)
    {
        await using var server = await ScriptedKube.Start((context, _) => ScriptedKube.Fail(context, code, "Refused"), Cancel);
        using var client = Client(server);
        var e = await Assert.ThrowsAsync<KubeException>(() => client.Get(KubeResources.Pods, "shop", "redis-0", Cancel));
        Assert.Equal(code, (int)e.HttpStatus!);
        Assert.Equal((code == 409, code == 403), (e.IsConflict, e.IsForbidden));
        Assert.Single(server.Seen);
    }

    [Fact]
    public async Task Comes_back_when_the_server_does()
    {
        var first = await ScriptedKube.Start((_, _) => Task.CompletedTask, Cancel);
        var config = new KubeConfig { Server = first.Address };
        await first.DisposeAsync();
        using var client = new KubeClient(config, time);
        var creation = client.Create(KubeResources.Pods, new Pod { Metadata = new() { Name = "redis-0", Namespace = "shop" } }, Cancel);
        time.Advance(await time.NextWait(Within, Cancel));
        await time.NextWait(Within, Cancel);
        await using var second = await ScriptedKube.Start((context, _) => context.Response.WriteAsync(PodJson), Cancel, port: config.Server.Port);
        Assert.Equal("redis-0", (await time.RunUntil(creation, Within, Cancel)).Metadata.Name);
    }

    [Fact]
    public async Task Says_that_nobody_is_there()
    {
        var gone = await ScriptedKube.Start((_, _) => Task.CompletedTask, Cancel);
        var config = new KubeConfig { Server = gone.Address };
        await gone.DisposeAsync();
        using var client = new KubeClient(config, time);
        var e = await Assert.ThrowsAsync<KubeException>(() => time.RunUntil(client.Get(KubeResources.Pods, "shop", "redis-0", Cancel), Within, Cancel));
        Assert.True(e.IsUnreachable);
        Assert.Contains($"cannot talk to localhost:{config.Server.Port}: Connection refused", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reads_again_after_a_cut_and_never_writes_again()
    {
        await using var server = await ScriptedKube.Start(async (context, number) =>
        {
            context.Response.ContentLength = PodJson.Length;
            await context.Response.WriteAsync(number is 1 or 3 ? PodJson[..20] : PodJson);
            if (number is 1 or 3)
                context.Abort();
        }, Cancel);
        using var client = Client(server);
        Assert.NotNull(await time.RunUntil(client.Get(KubeResources.Pods, "shop", "redis-0", Cancel), Within, Cancel));
        var pod = new Pod { Metadata = new() { Name = "redis-0", Namespace = "shop" } };
        var e = await Assert.ThrowsAsync<KubeException>(() => client.Create(KubeResources.Pods, pod, Cancel));
        Assert.True(e.IsUnreachable);
        Assert.Equal(3, server.Seen.Count);
    }

    [Fact]
    public async Task Gives_up_on_a_server_that_says_nothing_for_30_seconds()
    {
        var arrived = new TaskCompletionSource();
        await using var server = await ScriptedKube.Start(async (context, _) =>
        {
            arrived.SetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        }, Cancel);
        using var client = Client(server);
        var creation = client.Create(KubeResources.Pods, new Pod { Metadata = new() { Name = "redis-0", Namespace = "shop" } }, Cancel);
        await arrived.Task;
        time.Advance(TimeSpan.FromSeconds(30));
        var e = await Assert.ThrowsAsync<KubeException>(() => creation);
        Assert.True(e.IsUnreachable);
        Assert.Contains("no answer from localhost", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Is_not_faster_than_the_limit()
    {
        await using var server = await ScriptedKube.Start((context, _) => context.Response.WriteAsync(PodJson), Cancel);
        using var client = new KubeClient(new() { Server = server.Address, CallsAtOnce = 3, CallsPerSecond = 2 }, time);
        var began = time.GetUtcNow();
        for (var i = 0; i < 7; i++)
            await time.RunUntil(client.Get(KubeResources.Pods, "shop", "redis-0", Cancel), TimeSpan.FromSeconds(1), Cancel);
        Assert.Equal(TimeSpan.FromSeconds(2), time.GetUtcNow() - began);
    }

    [Fact]
    public async Task Takes_only_the_servers_own_word_for_an_absence()
    {
        await using var server = await ScriptedKube.Start((context, number) =>
        {
            if (number == 1)
                return ScriptedKube.Fail(context, 404, "NotFound", "pods \\\"x\\\" not found", """{"name":"x","kind":"pods"}""");
            context.Response.StatusCode = 404;
            return context.Response.WriteAsync("404 page not found\n");
        }, Cancel);
        using var client = Client(server);
        Assert.Null(await client.Get(KubeResources.Pods, "shop", "x", Cancel));
        var e = await Assert.ThrowsAsync<KubeException>(() => client.Get(KubeResources.Pods, "shop", "x", Cancel));
        Assert.True(e.IsNotFound);
        Assert.EndsWith("the server answered 404: 404 page not found", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"kind":"Pod","metadata":{"na""")]
    [InlineData("<html>login</html>")]
    [InlineData("null")]
    [InlineData("""{"kind":"Pod","metadata":[]}""")]
    [InlineData("""{"kind":"Pod","metadata":{"creationTimestamp":"yesterday"}}""")]
    public async Task Says_clearly_that_an_answer_is_no_object(string body)
    {
        await using var server = await ScriptedKube.Start((context, _) => context.Response.WriteAsync(body), Cancel);
        using var client = Client(server);
        var e = await Assert.ThrowsAsync<KubeException>(() => client.Get(KubeResources.Pods, "shop", "redis-0", Cancel));
        Assert.StartsWith("get pods \"redis-0\" in namespace \"shop\": the server's answer is not the JSON that was expected: ", e.Message, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, e.HttpStatus);
        await Assert.ThrowsAsync<KubeException>(async () => await client.List(KubeResources.Pods, "shop", Everything, Cancel).ToListAsync(Cancel));
    }

    [Fact]
    public async Task Replaces_without_losing_what_it_does_not_know()
    {
        const string stored = """
            {"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"a","namespace":"shop","uid":"u","resourceVersion":"7",
            "creationTimestamp":"2026-11-22T08:14:12Z","selfLink":"x","ownerReferences":[{"apiVersion":"v1","kind":"P","name":"p","uid":"q","hue":1}],
            "managedFields":[{"manager":"m","fieldsV1":{"f:spec":{".":{}}}}]},"spec":{"holderIdentity":"h","strategy":"OldestEmulationVersion",
            "renewTime":"2026-11-22T08:00:00.123456Z"},"extra":{"deep":[null,1.50,"\u00e4"]}}
            """;
        await using var server = await ScriptedKube.Start((context, _) => context.Response.WriteAsync(stored), Cancel);
        using var client = Client(server);
        var lease = await client.Get(KubeResources.Leases, "shop", "a", Cancel);
        await client.Replace(KubeResources.Leases, lease!, Cancel);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(stored), JsonNode.Parse(server.Seen[1].Body)), server.Seen[1].Body);
        Assert.Equal(("PUT", "/apis/coordination.k8s.io/v1/namespaces/shop/leases/a"), (server.Seen[1].Method, server.Seen[1].Path));
    }

    [Fact]
    public async Task Lists_page_after_page_and_says_what_the_items_are()
    {
        await using var server = await ScriptedKube.Start((context, number) => context.Response.WriteAsync(number == 1
            ? """{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"5","continue":"a=/b","remainingItemCount":1},"items":[{"metadata":{"name":"a"}},{"metadata":{"name":"b"}}]}"""
            : """{"items":[{"metadata":{"name":"c"}}],"metadata":{"resourceVersion":"5"},"apiVersion":"v1","kind":"PodList"}"""), Cancel);
        using var client = Client(server);
        var pods = await client.List(KubeResources.Pods, null, new() { LabelSelector = "app in (a,b)", PageSize = 2 }, Cancel).ToListAsync(Cancel);
        Assert.Equal(["a", "b", "c"], pods.Select(pod => pod.Metadata.Name));
        Assert.All(pods, pod => Assert.Equal(("v1", "Pod"), (pod.ApiVersion, pod.Kind)));
        Assert.Equal(["?labelSelector=app%20in%20%28a%2Cb%29&limit=2", "?labelSelector=app%20in%20%28a%2Cb%29&limit=2&continue=a%3D%2Fb"], server.Seen.Select(one => one.Query));
        Assert.Equal("/api/v1/pods", server.Seen[0].Path);
    }

    [Fact]
    public async Task Reads_a_huge_object_and_asks_for_smaller_pages_when_they_are_more_than_it_holds()
    {
        var item = """{"metadata":{"name":"x","annotations":{"a":"#"}}}""".Replace("#", new string('x', 9 << 20), StringComparison.Ordinal);
        await using var server = await ScriptedKube.Start(async (context, _) =>
        {
            if (!context.Request.Query.TryGetValue("limit", out var limit))
            {
                await context.Response.WriteAsync(item);
                return;
            }
            await context.Response.WriteAsync("""{"kind":"PodList","metadata":{},"items":[""");
            for (var i = 0; i < int.Parse(limit!, null); i++)
                await context.Response.WriteAsync((i > 0 ? "," : "") + item);
            await context.Response.WriteAsync("]}");
        }, Cancel);
        using var client = Client(server);
        Assert.Equal(9 << 20, (await client.Get(KubeResources.Pods, "shop", "x", Cancel))!.Metadata.Annotations!["a"].Length);
        Assert.Equal(2, (await client.List(KubeResources.Pods, "shop", new() { PageSize = 8 }, Cancel).ToListAsync(Cancel)).Count);
        Assert.Equal(["?limit=8", "?limit=2"], server.Seen.Skip(1).Select(one => one.Query));
    }

    [Fact]
    public async Task Sends_each_kind_of_write_as_the_server_wants_it()
    {
        await using var server = await ScriptedKube.Start((context, _) => context.Response.WriteAsync(
            """{"kind":"X","metadata":{"name":"a"},"spec":{},"status":{"allowed":true}}"""), Cancel);
        using var client = Client(server);
        await client.Create(KubeResources.Pods, new Pod { Metadata = new() { GenerateName = "a-", Namespace = "shop" } }, Cancel);
        var scale = await client.MergePatch(KubeResources.StatefulSets.OfScale(), "shop", "a", new() { ["spec"] = new JsonObject { ["replicas"] = 0 } }, Cancel);
        await client.Apply(KubeResources.Any("x.io", "v1", "things").OfStatus(), null, "a b", new() { ["kind"] = "Thing" }, "backup webhook", true, Cancel);
        var deletion = new DeleteOptions { Propagation = Propagation.Foreground, Uid = "u", ResourceVersion = "4", GracePeriodSeconds = 0 };
        Assert.True(await client.Delete(KubeResources.Leases, "shop", "a", deletion, Cancel));
        Assert.True(await client.IsAllowed(new() { Spec = new() { User = "u", ResourceAttributes = new() { Verb = "get", Resource = "pods" } } }, Cancel));
        Assert.Null(scale.Spec!.Replicas);
        Assert.Equal(
            [
                new("POST", "/api/v1/namespaces/shop/pods", "", """{"spec":null}""", null, "application/json"),
                new("PATCH", "/apis/apps/v1/namespaces/shop/statefulsets/a/scale", "", """{"spec":{"replicas":0}}""", null, "application/merge-patch+json"),
                new("PATCH", "/apis/x.io/v1/things/a%20b/status", "?fieldManager=backup%20webhook&force=true", """{"kind":"Thing"}""", null, "application/apply-patch+yaml"),
                new("DELETE", "/apis/coordination.k8s.io/v1/namespaces/shop/leases/a", "",
                    """{"kind":"DeleteOptions","apiVersion":"v1","propagationPolicy":"Foreground","gracePeriodSeconds":0,"preconditions":{"uid":"u","resourceVersion":"4"}}""", null, "application/json"),
                new("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", "", """{"spec":null}""", null, "application/json"),
            ],
            server.Seen.Select(one => one.Method == "POST" ? one with { Body = """{"spec":null}""" } : one));
        Assert.True(JsonNode.DeepEquals(
            JsonNode.Parse("""{"apiVersion":"v1","kind":"Pod","metadata":{"generateName":"a-","namespace":"shop"}}"""), JsonNode.Parse(server.Seen[0].Body)));
    }

    [Fact]
    public void Writes_a_micro_time_with_six_digits()
    {
        var lease = new Lease { Spec = new() { RenewTime = new(2026, 11, 22, 10, 0, 0, TimeSpan.FromHours(2)) } };
        Assert.Contains("\"renewTime\":\"2026-11-22T08:00:00.000000Z\"", JsonSerializer.Serialize(lease, KubeJson.Default.Lease), StringComparison.Ordinal);
    }

    [Fact]
    public void Reads_nulls_and_omissions_as_what_Go_means_by_them()
    {
        var pod = JsonSerializer.Deserialize("""{"metadata":null,"spec":{"containers":null,"volumes":[{"name":"a"}]}}""", KubeJson.Default.Pod)!;
        Assert.Equal(("", 0, "a"), (pod.Metadata.Name, pod.Spec!.Containers.Count, pod.Spec.Volumes![0].Name));
        Assert.Equal("", JsonSerializer.Deserialize("{}", KubeJson.Default.KubeObject)!.Metadata.Name);
    }
}
