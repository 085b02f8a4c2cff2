using System.Text.Json.Nodes;

namespace BackupRunner.Tests.Kube.Fake;

public sealed class FakeServerTests : IAsyncLifetime
{
    const string ConfigMaps = "/api/v1/namespaces/default/configmaps";

    FakeKubeApi api = null!;
    FakeCaller admin = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        api = await FakeKubeApi.Start(Cancel);
        admin = new FakeCaller(api, api.AdminToken);
    }

    public async ValueTask DisposeAsync()
    {
        admin.Dispose();
        await api.DisposeAsync();
    }

    [Fact]
    public async Task A_role_is_evaluated_down_to_names_and_subresources()
    {
        await Grant("""[{"apiGroups":[""],"resources":["configmaps"],"resourceNames":["mine"],"verbs":["get","list"]},{"apiGroups":["apps"],"resources":["statefulsets/scale"],"verbs":["patch"]}]""");
        using var account = new FakeCaller(api, api.TokenOf("default", "default"));
        await Make("mine");

        Assert.Equal(200, (await account.Call("GET", ConfigMaps + "/mine")).Status);
        Assert.Equal(200, (await account.Call("GET", ConfigMaps + "?fieldSelector=metadata.name%3Dmine")).Status);
        Assert.Equal(403, (await account.Call("GET", ConfigMaps)).Status);
        Assert.Equal("configmaps \"other\" is forbidden: User \"system:serviceaccount:default:default\" cannot get resource \"configmaps\" in API group \"\" in the namespace \"default\"",
            (await account.Call("GET", ConfigMaps + "/other")).Message);
        Assert.Equal(404, (await account.Call("PATCH", "/apis/apps/v1/namespaces/default/statefulsets/x/scale", "{}", "application/merge-patch+json")).Status);
        Assert.Equal(403, (await account.Call("PATCH", "/apis/apps/v1/namespaces/default/statefulsets/x", "{}", "application/merge-patch+json")).Status);
        Assert.Contains(api.Log, entry => entry is { Verb: "patch", Resource: "statefulsets/scale", Name: "x", Status: 404, User: "system:serviceaccount:default:default" });
    }

    [Fact]
    public async Task Nobody_grants_more_than_he_holds()
    {
        await Grant("""[{"apiGroups":["rbac.authorization.k8s.io"],"resources":["roles"],"verbs":["create"]},{"apiGroups":[""],"resources":["pods"],"verbs":["get"]}]""");
        using var account = new FakeCaller(api, api.TokenOf("default", "default"));
        Task<FakeAnswer> Role(string name, string verb) => account.Call("POST", "/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles",
            $$"""{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"Role","metadata":{"name":"{{name}}"},"rules":[{"apiGroups":[""],"resources":["pods"],"verbs":["{{verb}}"]}]}""");
        Assert.Equal(201, (await Role("less", "get")).Status);
        var refused = await Role("more", "delete");
        Assert.Equal(403, refused.Status);
        Assert.EndsWith("is attempting to grant RBAC permissions not currently held:\n{APIGroups:[\"\"], Resources:[\"pods\"], Verbs:[\"delete\"]}", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_that_is_revoked_or_expired_is_401()
    {
        var token = api.TokenOf("default", "default");
        using var account = new FakeCaller(api, token);
        Assert.Equal(403, (await account.Call("GET", ConfigMaps)).Status);
        api.Users.Revoke(token);
        Assert.Equal(401, (await account.Call("GET", ConfigMaps)).Status);
        using var late = new FakeCaller(api, api.TokenOf("default", "default", TimeSpan.Zero));
        Assert.Equal(401, (await late.Call("GET", ConfigMaps)).Status);
    }

    [Fact]
    public async Task Faults_come_by_the_step()
    {
        using (api.Faults.Add(request => request.Method == "GET", new FakeFault.Answer(429, 7), times: 1))
        {
            var slow = await admin.Call("GET", ConfigMaps);
            Assert.Equal((429, TimeSpan.FromSeconds(7)), (slow.Status, slow.RetryAfter));
            Assert.Equal(200, (await admin.Call("GET", ConfigMaps)).Status);
        }
        using (api.Faults.Add(_ => true, new FakeFault.Answer(503)))
            Assert.Equal(503, (await admin.Call("GET", ConfigMaps)).Status);
        using (api.Faults.Add(request => request.Method == "POST", new FakeFault.CutAfter(), times: 1))
            await Assert.ThrowsAsync<HttpRequestException>(() => Make("lost"));
        Assert.Equal(200, (await admin.Call("GET", ConfigMaps + "/lost")).Status);
        using (api.Faults.Add(request => request.Method == "POST", new FakeFault.Cut(), times: 1))
            await Assert.ThrowsAsync<HttpRequestException>(() => Make("never"));
        Assert.Equal(404, (await admin.Call("GET", ConfigMaps + "/never")).Status);
    }

    [Fact]
    public async Task Another_writer_can_always_be_faster()
    {
        var item = (await Make("c")).Json;
        var round = 0;
        using (api.Faults.Add(request => request.Method == "PUT", new FakeFault.First(() => admin.Call("PATCH", ConfigMaps + "/c", $$$"""{"data":{"n":"{{{round++}}}"}}""", "application/merge-patch+json"))))
        {
            item["data"] = new JsonObject { ["a"] = "1" };
            Assert.Equal(409, (await admin.Call("PUT", ConfigMaps + "/c", item.ToJsonString())).Status);
        }
    }

    [Fact]
    public async Task It_stops_and_comes_back_on_its_port_with_all_that_it_had()
    {
        await Make("c");
        var address = api.Address;
        await api.Stop();
        await Assert.ThrowsAsync<HttpRequestException>(() => admin.Call("GET", ConfigMaps + "/c"));
        await api.Listen(Cancel);
        Assert.Equal(address, api.Address);
        Assert.Equal(200, (await admin.Call("GET", ConfigMaps + "/c")).Status);
    }

    [Fact]
    public async Task A_watch_tells_what_begins_and_ceases_to_match()
    {
        var version = (string)(await Make("c")).Json["metadata"]!["resourceVersion"]!;
        foreach (var value in (string[])["\"b\"", "\"b\",\"x\":\"y\"", "\"other\"", "\"b\""])
            await Label(value);
        var seen = new List<string>();
        await foreach (var change in admin.Watch($"{ConfigMaps}?watch=1&labelSelector=a%3Db&resourceVersion={version}&timeoutSeconds=1"))
            seen.Add((string)change["type"]!);
        Assert.Equal(["ADDED", "MODIFIED", "DELETED", "ADDED"], seen);
    }

    [Fact]
    public async Task A_watch_that_is_dropped_breaks_off()
    {
        await Make("c");
        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            await foreach (var _ in admin.Watch(ConfigMaps + "?watch=1"))
                api.Watches.Drop();
        });
    }

    Task<FakeAnswer> Label(string value) => admin.Call("PATCH", ConfigMaps + "/c", $$$$"""{"metadata":{"labels":{"a":{{{{value}}}}}}}""", "application/merge-patch+json");

    Task<FakeAnswer> Make(string name) => admin.Call("POST", ConfigMaps, $$$"""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"{{{name}}}"}}""");

    async Task Grant(string rules)
    {
        await admin.Call("POST", "/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles", $$"""{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"Role","metadata":{"name":"r"},"rules":{{rules}}}""");
        await admin.Call("POST", "/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings", """
            {"apiVersion":"rbac.authorization.k8s.io/v1","kind":"RoleBinding","metadata":{"name":"r"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"r"},
            "subjects":[{"kind":"ServiceAccount","name":"default","namespace":"default"}]}
            """);
    }
}
