using System.Text.Json.Nodes;

namespace BackupRunner.Tests.Kube.Fake;

public sealed class FakeObjectTests : IAsyncLifetime
{
    const string ConfigMaps = "/api/v1/namespaces/default/configmaps";

    FakeKubeApi api = null!;
    FakeCaller admin = null!;

    public async ValueTask InitializeAsync()
    {
        api = await FakeKubeApi.Start(TestContext.Current.CancellationToken);
        admin = new FakeCaller(api, api.AdminToken);
    }

    public async ValueTask DisposeAsync()
    {
        admin.Dispose();
        await api.DisposeAsync();
    }

    [Fact]
    public async Task A_kind_of_its_own_is_not_served_before_its_definition_and_not_after()
    {
        const string widgets = "/apis/example.com/v1/namespaces/default/widgets";
        const string definition = """
            {"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"widgets.example.com"},"spec":{"group":"example.com","scope":"Namespaced",
            "names":{"plural":"widgets","kind":"Widget"},"versions":[{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object","properties":{"spec":{"type":"object",
            "properties":{"size":{"type":"integer","minimum":1},"colour":{"type":"string","enum":["red","blue"]}}}}}}}]}}
            """;
        Assert.Equal(404, (await admin.Call("GET", widgets)).Status);
        Assert.Equal(201, (await admin.Call("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition)).Status);
        Assert.Equal(200, (await admin.Call("GET", widgets)).Status);

        var refused = await admin.Call("POST", widgets, """{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"w"},"spec":{"size":0,"colour":"green"}}""");
        Assert.Equal(422, refused.Status);
        Assert.Equal("Widget.example.com \"w\" is invalid: [spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1, "
            + "spec.colour: Unsupported value: \"green\": supported values: \"red\", \"blue\"]", refused.Message);

        var made = await admin.Call("POST", widgets, """{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"w"},"spec":{"size":2,"unknown":1}}""");
        Assert.Equal("""{"size":2}""", made.Json["spec"]!.ToJsonString());
        Assert.Equal("299 - \"unknown field \\\"spec.unknown\\\"\"", Assert.Single(made.Warnings));
        await admin.Call("DELETE", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.example.com");
        await api.Settled(TestContext.Current.CancellationToken);
        Assert.Equal(404, (await admin.Call("GET", widgets)).Status);
    }

    [Fact]
    public async Task An_update_of_a_lease_that_was_deleted_is_a_conflict_when_it_says_which_one_it_means()
    {
        const string leases = "/apis/coordination.k8s.io/v1/namespaces/default/leases";
        var lease = (await admin.Call("POST", leases, """{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"l"},"spec":{}}""")).Json;
        await admin.Call("DELETE", leases + "/l");

        var late = await admin.Call("PUT", leases + "/l", lease.ToJsonString());

        Assert.Equal(409, late.Status);
        Assert.Contains("Precondition failed: UID in precondition", late.Message, StringComparison.Ordinal);
        ((JsonObject)lease["metadata"]!).Remove("uid");
        Assert.Equal(201, (await admin.Call("PUT", leases + "/l", lease.ToJsonString())).Status);
    }

    [Fact]
    public async Task What_does_not_change_an_object_is_not_written()
    {
        var made = (await admin.Call("POST", ConfigMaps, """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"},"data":{"a":"1"}}""")).Json;

        var same = (await admin.Call("PATCH", ConfigMaps + "/c", """{"data":{"a":"1"}}""", "application/merge-patch+json")).Json;

        Assert.Equal((string)made["metadata"]!["resourceVersion"]!, (string)same["metadata"]!["resourceVersion"]!);
    }

    [Fact]
    public async Task Two_managers_share_a_field_that_both_apply_alike_and_it_stays_until_both_leave_it()
    {
        Task<FakeAnswer> Apply(string manager, string data, string force = "false") => admin.Call("PATCH", $"{ConfigMaps}/c?fieldManager={manager}&force={force}",
            $$"""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"},"data":{{data}}}""", "application/apply-patch+yaml");
        Assert.Equal(201, (await Apply("one", """{"a":"1"}""")).Status);
        Assert.Equal(200, (await Apply("two", """{"a":"1","b":"2"}""")).Status);

        Assert.Equal("1", (string?)(await Apply("one", """{}""")).Json["data"]!["a"]);
        var refused = await Apply("one", """{"a":"9","b":"9"}""");
        Assert.Equal(409, refused.Status);
        Assert.Equal("Apply failed with 2 conflicts: conflicts with \"two\":\n- .data.a\n- .data.b", refused.Message);
        Assert.Equal("""{"a":"9","b":"9"}""", (await Apply("one", """{"a":"9","b":"9"}""", "true")).Json["data"]!.ToJsonString());
        Assert.Null((await Apply("one", """{}""", "true")).Json["data"]);
    }

    [Fact]
    public async Task What_is_owned_goes_with_its_owner_and_at_once_when_the_owner_is_in_another_namespace()
    {
        await api.AddNamespace("other", TestContext.Current.CancellationToken);
        var owner = (await admin.Call("POST", ConfigMaps, """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"owner"}}""")).Json;
        string Owned(string name) => $$$"""
            {"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"{{{name}}}","ownerReferences":[{"apiVersion":"v1","kind":"ConfigMap","name":"owner","uid":"{{{owner["metadata"]!["uid"]}}}"}]}}
            """;
        await admin.Call("POST", ConfigMaps, Owned("near"));
        await admin.Call("POST", "/api/v1/namespaces/other/configmaps", Owned("far"));
        await api.Settled(TestContext.Current.CancellationToken);
        Assert.Equal(404, (await admin.Call("GET", "/api/v1/namespaces/other/configmaps/far")).Status);
        Assert.Equal(200, (await admin.Call("GET", ConfigMaps + "/near")).Status);

        await admin.Call("DELETE", ConfigMaps + "/owner");

        await api.Settled(TestContext.Current.CancellationToken);
        Assert.Equal(404, (await admin.Call("GET", ConfigMaps + "/near")).Status);
    }

    [Fact]
    public async Task A_finalizer_keeps_an_object_that_is_deleted_until_it_is_taken_off()
    {
        await admin.Call("POST", ConfigMaps, """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c","finalizers":["example.com/hold"]}}""");

        Assert.NotNull((await admin.Call("DELETE", ConfigMaps + "/c")).Json["metadata"]!["deletionTimestamp"]);
        Assert.Equal(200, (await admin.Call("GET", ConfigMaps + "/c")).Status);
        Assert.Equal(200, (await admin.Call("PATCH", ConfigMaps + "/c", """{"metadata":{"finalizers":null}}""", "application/merge-patch+json")).Status);
        Assert.Equal(404, (await admin.Call("GET", ConfigMaps + "/c")).Status);
    }

    [Fact]
    public async Task The_rest_of_a_list_whose_beginning_is_forgotten_is_410_with_a_token_to_go_on()
    {
        for (var at = 0; at < 3; at++)
            await admin.Call("POST", ConfigMaps, $$$"""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c{{{at}}}"}}""");
        var first = (await admin.Call("GET", ConfigMaps + "?limit=2")).Json;
        Assert.Equal(2, (int)first["metadata"]!["remainingItemCount"]!);
        await admin.Call("POST", ConfigMaps, """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c9"}}""");
        var consistent = (await admin.Call("GET", $"{ConfigMaps}?limit=5&continue={first["metadata"]!["continue"]}")).Json;
        Assert.Equal(["c2", "kube-root-ca.crt"], ((JsonArray)consistent["items"]!).Select(item => (string)item!["metadata"]!["name"]!));

        api.Cluster.Storage.Compact();
        var expired = await admin.Call("GET", $"{ConfigMaps}?limit=5&continue={first["metadata"]!["continue"]}");

        Assert.Equal((410, "Expired"), (expired.Status, (string?)expired.Json["reason"]));
        var rest = (await admin.Call("GET", $"{ConfigMaps}?limit=5&continue={expired.Json["metadata"]!["continue"]}")).Json;
        Assert.Equal(["c2", "c9", "kube-root-ca.crt"], ((JsonArray)rest["items"]!).Select(item => (string)item!["metadata"]!["name"]!));
    }
}
