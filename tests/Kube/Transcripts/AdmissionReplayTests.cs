using System.Text;
using System.Text.Json.Nodes;
using BackupRunner.Tests.Kube.Fake;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Kube.Transcripts;

/// <summary>The requests that made the recorded reviews, to the fake: the same reviews must reach the webhook, in the same order, and no others.</summary>
public sealed class AdmissionReplayTests
{
    /// <summary>As the transcripts' README spells it.</summary>
    public const string OurAnnotations = """
        (object != null && has(object.metadata.annotations) && object.metadata.annotations.exists(k, k.startsWith('backup.middleware.io/'))) ||
        (oldObject != null && has(oldObject.metadata.annotations) && oldObject.metadata.annotations.exists(k, k.startsWith('backup.middleware.io/')))
        """;

    const string Redis = "/apis/apps/v1/namespaces/default/statefulsets/redis";

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_same_reviews_are_posted_as_were_recorded()
    {
        var transcripts = Transcript.Of("admission");
        await using var api = await FakeKubeApi.Start(Cancel, new SetClock(new DateTimeOffset(2026, 11, 22, 8, 7, 8, TimeSpan.Zero)));
        await using var webhook = await FakeWebhookServer.Start(api.Authority.Issue("backup-webhook.kube-system.svc"), Answer, Cancel);
        using var certificate = api.Authority.IssueClient("admin", "system:masters");
        using var admin = new FakeCaller(api.Address, null, api.AuthorityPem, certificate);
        await Register(api, admin, webhook);
        api.Cluster.Put(api.Cluster.Kinds["statefulsets"], (JsonObject)Request(transcripts[0])["oldObject"]!.DeepClone());

        Assert.Equal(200, (await Annotate(admin, "\"nightly\"")).Status);
        var denied = await Annotate(admin, "\"bad\"");
        Assert.Equal((422, "admission webhook \"validate.backup.middleware.io\" denied the request: no such policy"), (denied.Status, denied.Message));
        await admin.Call("PATCH", Redis + "/scale?fieldManager=kubectl", """{"spec":{"replicas":1}}""", "application/merge-patch+json");
        var scaled = (JsonObject)api.Cluster.Get("statefulsets", "default", "redis")!.Item.DeepClone();
        scaled["status"]!["observedGeneration"] = 2;
        api.Cluster.Put(api.Cluster.Kinds["statefulsets"], scaled);
        Assert.Equal(200, (await Annotate(admin, "null")).Status);
        Assert.Equal(200, (await Annotate(admin, "\"nightly\"", "&dryRun=All")).Status);
        Assert.Equal(200, (await Annotate(admin, "\"nightly\"")).Status);
        foreach (var validation in (string[])["Ignore", "Strict"])
        {
            await Create(admin, transcripts[10], "batch", "jobs", validation);
            await admin.Call("DELETE", "/apis/batch/v1/namespaces/default/jobs/restore-redis?propagationPolicy=Background");
        }
        await Create(admin, transcripts[14], "apps", "statefulsets", "Ignore");
        await Create(admin, transcripts[16], "apps", "deployments", "Ignore");

        var differences = transcripts.Zip(webhook.Asked).SelectMany(pair => Comparer.Differences(pair.First.Json, pair.Second).Select(difference => $"{pair.First}: {difference}")).ToList();
        Assert.True(differences.Count == 0, string.Join('\n', differences));
        Assert.Equal(transcripts.Count, webhook.Asked.Count);
    }

    static JsonNode Request(Transcript transcript) => transcript.Json["body"]!["request"]!;

    static Task<FakeAnswer> Annotate(FakeCaller admin, string policy, string more = "") => admin.Call(
        "PATCH", $"{Redis}?fieldManager=kubectl-annotate{more}", $$$$"""{"metadata":{"annotations":{"backup.middleware.io/policy":{{{{policy}}}}}}}""", "application/merge-patch+json");

    // What the user wrote is what was recorded without what the server had added.
    static async Task Create(FakeCaller admin, Transcript transcript, string group, string plural, string validation)
    {
        var item = (JsonObject)Request(transcript)["object"]!.DeepClone();
        item.Remove("status");
        ((JsonObject)item["metadata"]!).Remove("managedFields");
        var made = await admin.Call("POST", $"/apis/{group}/v1/namespaces/default/{plural}?fieldManager=kubectl-create&fieldValidation={validation}", item.ToJsonString());
        Assert.True(made.Status == 201, made.Text);
    }

    static Task<JsonObject> Answer(string path, JsonNode request)
    {
        var item = request["object"]!;
        if (path == "/validate")
        {
            var bad = (string?)item["metadata"]!["annotations"]?["backup.middleware.io/policy"] == "bad";
            return Task.FromResult(bad ? new JsonObject { ["allowed"] = false, ["status"] = new JsonObject { ["code"] = 422, ["reason"] = "Invalid", ["message"] = "no such policy" } } : new JsonObject { ["allowed"] = true });
        }
        JsonNode[] operations = (string)request["kind"]!["kind"]! == "Job"
            ? [JsonNode.Parse("""{"op":"add","path":"/spec/template/spec/containers/-","value":{"name":"runner","image":"backup-runner"}}""")!]
            : item["metadata"]!["labels"] is null ? [JsonNode.Parse("""{"op":"add","path":"/metadata/labels","value":{"backup.middleware.io/protected":"true"}}""")!]
            : [JsonNode.Parse("""{"op":"add","path":"/metadata/labels/backup.middleware.io~1protected","value":"true"}""")!];
        return Task.FromResult(new JsonObject { ["allowed"] = true, ["patchType"] = "JSONPatch", ["patch"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(new JsonArray(operations).ToJsonString())) });
    }

    static async Task Register(FakeKubeApi api, FakeCaller admin, FakeWebhookServer webhook)
    {
        api.Cluster.Admission.Services["kube-system/backup-webhook"] = webhook.Address;
        foreach (var (kind, verb) in new[] { ("Mutating", "mutate"), ("Validating", "validate") })
        {
            var entry = new JsonObject
            {
                ["name"] = verb + ".backup.middleware.io",
                ["clientConfig"] = new JsonObject
                {
                    ["service"] = new JsonObject { ["namespace"] = "kube-system", ["name"] = "backup-webhook", ["path"] = "/" + verb },
                    ["caBundle"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(api.AuthorityPem)),
                },
                ["rules"] = JsonNode.Parse("""[{"operations":["CREATE","UPDATE"],"apiGroups":["apps","batch"],"apiVersions":["v1"],"resources":["statefulsets","deployments","jobs"]}]"""),
                ["sideEffects"] = "None",
                ["admissionReviewVersions"] = new JsonArray("v1"),
                ["timeoutSeconds"] = 5,
                ["matchConditions"] = new JsonArray(new JsonObject { ["name"] = "ours", ["expression"] = OurAnnotations }),
            };
            var configuration = new JsonObject { ["apiVersion"] = "admissionregistration.k8s.io/v1", ["kind"] = kind + "WebhookConfiguration", ["metadata"] = new JsonObject { ["name"] = "backup" }, ["webhooks"] = new JsonArray(entry) };
            var made = await admin.Call("POST", $"/apis/admissionregistration.k8s.io/v1/{kind.ToLowerInvariant()}webhookconfigurations", configuration.ToJsonString());
            Assert.True(made.Status == 201, made.Text);
        }
    }
}
