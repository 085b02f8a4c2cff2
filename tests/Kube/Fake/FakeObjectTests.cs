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

    // docs: "Defaulting and Nullable", with its example.
    [Fact]
    public async Task A_schema_fills_in_its_defaults_and_a_null_that_is_not_allowed_counts_as_missing()
    {
        var widgets = await Define("""{"foo":{"type":"string","nullable":false,"default":"default"},"bar":{"type":"string","nullable":true},"baz":{"type":"string"},"in":{"type":"object","properties":{"x":{"type":"string","default":"y"}}}}""");

        var made = await admin.Call("POST", widgets, """{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"w"},"spec":{"foo":null,"bar":null,"baz":null}}""");
        Assert.Equal("""{"bar":null,"foo":"default"}""", made.Json["spec"]!.ToJsonString());

        var patched = await admin.Call("PATCH", widgets + "/w", """{"spec":{"foo":null,"in":{}}}""", "application/merge-patch+json");
        Assert.Equal(("default", "y"), ((string?)patched.Json["spec"]!["foo"], (string?)patched.Json["spec"]!["in"]!["x"]));
    }

    // docs: "Transition rules".
    [Fact]
    public async Task A_rule_that_names_the_old_value_is_asked_of_updates_only()
    {
        var widgets = await Define(
            """{"a":{"type":"string","x-kubernetes-validations":[{"rule":"self == oldSelf","message":"a stays as it is"}]},"list":{"type":"array","items":{"type":"string"}},"n":{"type":"integer"}}""",
            """[{"rule":"size(self.list) <= 2 && self.list.size() >= 1","message":"one or two"},{"rule":"[has(self.a), has(self.n)].exists_one(x, x)","message":"exactly one of a and n"},{"rule":"!has(self.n) || self.n > 2","message":"n is large"}]""");
        Task<FakeAnswer> Make(string name, string spec) => admin.Call("POST", widgets, $$"""{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"{{name}}"},"spec":{{spec}}}""");
        Task<FakeAnswer> Change(string patch) => admin.Call("PATCH", widgets + "/w", patch, "application/merge-patch+json");

        Assert.Contains("one or two", (await Make("x", """{"a":"1","list":["1","2","3"]}""")).Message, StringComparison.Ordinal);
        Assert.Contains("exactly one of a and n", (await Make("x", """{"a":"1","n":3,"list":["1"]}""")).Message, StringComparison.Ordinal);
        Assert.Contains("n is large", (await Make("x", """{"n":2,"list":["1"]}""")).Message, StringComparison.Ordinal);
        Assert.Equal(201, (await Make("w", """{"n":3,"list":["1"]}""")).Status);
        // There was none: nothing to compare with.
        Assert.Equal(200, (await Change("""{"spec":{"n":null,"a":"1"}}""")).Status);
        Assert.Equal(200, (await Change("""{"spec":{"list":["1","2"]}}""")).Status);
        var refused = await Change("""{"spec":{"a":"2"}}""");
        Assert.Equal((422, "Widget.example.com \"w\" is invalid: spec.a: Invalid value: \"2\": a stays as it is"), (refused.Status, refused.Message));
    }

    [Fact]
    public async Task A_status_is_written_by_its_own_path_only_and_does_not_count_as_a_generation()
    {
        var widgets = await Define("""{"n":{"type":"integer"}}""");
        var made = await admin.Call("POST", widgets, """{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"w"},"spec":{"n":1},"status":{"seen":1}}""");
        Assert.Null(made.Json["status"]);
        Task<FakeAnswer> Change(string path, string patch) => admin.Call("PATCH", $"{widgets}/w{path}", patch, "application/merge-patch+json");

        Assert.Null((await Change("", """{"status":{"seen":1}}""")).Json["status"]);
        var status = (await Change("/status", """{"spec":{"n":2},"metadata":{"labels":{"a":"b"}},"status":{"seen":1}}""")).Json;
        Assert.Equal((1, 1, 1, null), ((int)status["status"]!["seen"]!, (int)status["spec"]!["n"]!, (int)status["metadata"]!["generation"]!, status["metadata"]!["labels"]));
        Assert.Equal(422, (await Change("/status", """{"status":{"seen":"x"}}""")).Status);
        Assert.Equal(2, (int)(await Change("", """{"spec":{"n":2}}""")).Json["metadata"]!["generation"]!);
    }

    [Fact]
    public async Task An_object_of_ones_own_kind_stays_until_its_last_finalizer_is_taken_off_and_gets_no_new_one()
    {
        var widgets = await Define("{}");
        await admin.Call("POST", widgets, """{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"w","finalizers":["example.com/a","example.com/b"]}}""");
        Task<FakeAnswer> Finalizers(string list) => admin.Call("PATCH", widgets + "/w", $$$"""{"metadata":{"finalizers":{{{list}}}}}""", "application/merge-patch+json");

        Assert.NotNull((await admin.Call("DELETE", widgets + "/w")).Json["metadata"]!["deletionTimestamp"]);
        var refused = await Finalizers("""["example.com/a","example.com/b","example.com/c"]""");
        Assert.Contains("no new finalizers can be added if the object is being deleted", refused.Message, StringComparison.Ordinal);
        Assert.Equal(200, (await Finalizers("""["example.com/b"]""")).Status);
        Assert.Equal(200, (await admin.Call("GET", widgets + "/w")).Status);
        Assert.Equal(200, (await Finalizers("[]")).Status);
        Assert.Equal(404, (await admin.Call("GET", widgets + "/w")).Status);
    }

    /// <returns>Where objects of the kind are, whose status has one field.</returns>
    async Task<string> Define(string properties, string rules = "[]")
    {
        const string definition = """
            {"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"widgets.example.com"},"spec":{"group":"example.com","scope":"Namespaced",
            "names":{"plural":"widgets","kind":"Widget"},"versions":[{"name":"v1","served":true,"storage":true,"subresources":{"status":{}},"schema":{"openAPIV3Schema":{"type":"object","properties":{
            "spec":{"type":"object","properties":PROPERTIES,"x-kubernetes-validations":RULES},"status":{"type":"object","properties":{"seen":{"type":"integer"}}}}}}}]}}
            """;
        var made = await admin.Call("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
            definition.Replace("PROPERTIES", properties, StringComparison.Ordinal).Replace("RULES", rules, StringComparison.Ordinal));
        Assert.True(made.Status == 201, made.Text);
        return "/apis/example.com/v1/namespaces/default/widgets";
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
