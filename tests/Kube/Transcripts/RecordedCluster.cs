using System.Text.Json.Nodes;
using BackupRunner.Tests.Kube.Fake;

namespace BackupRunner.Tests.Kube.Transcripts;

/// <summary>What the controllers, the scheduler and the kubelet of the recorded cluster did between the requests, done to the fake.</summary>
public sealed class RecordedCluster(ReplayServer server, IReadOnlyList<Transcript> transcripts)
{
    const string Pods = "/api/v1/namespaces/default/pods";

    FakeCluster Cluster => server.Fake!.Cluster;

    /// <summary>Before the request of this number.</summary>
    public async Task Before(string number)
    {
        switch (number)
        {
            case "25":
                StatefulSet();
                break;
            case "43":
                Cluster.Storage.Compact();
                break;
            case "44":
                // The real server's watch cache still had that version.
                break;
            case "53":
                Change("statefulsets", "redis", set => set["status"]!["observedGeneration"] = 4);
                break;
            case "54":
                await Pod(Recorded("54")["items"]![0]!);
                await Claim(Recorded("55")["items"]![0]!);
                break;
            case "56":
                await Job(Recorded("56"));
                await Pod(Recorded("57")["items"]![0]!);
                break;
        }
        await server.Fake!.Settled(TestContext.Current.CancellationToken);
    }

    JsonObject Recorded(string number) => (JsonObject)transcripts.Single(one => one.Name.StartsWith(number, StringComparison.Ordinal)).Json["response"]!["body"]!.DeepClone();

    // As it was before it was scaled: at one replica, which kubectl had set by its scale.
    void StatefulSet()
    {
        var set = Recorded("53");
        set["metadata"]!["generation"] = 2;
        set["spec"]!["replicas"] = 1;
        set["status"]!["observedGeneration"] = 2;
        ((JsonArray)set["metadata"]!["managedFields"]!).Add((JsonNode)new JsonObject
        {
            ["manager"] = "kubectl",
            ["operation"] = "Update",
            ["apiVersion"] = "apps/v1",
            ["fieldsType"] = "FieldsV1",
            ["fieldsV1"] = JsonNode.Parse("""{"f:spec":{"f:replicas":{}}}"""),
            ["subresource"] = "scale",
        });
        Cluster.Put(Cluster.Kinds["statefulsets"], set);
    }

    // A controller makes it; what the API server adds to that is compared. Then it is scheduled, and its kubelet tells of it.
    async Task Pod(JsonNode recorded)
    {
        var made = Bare(recorded, "v1", "Pod");
        var spec = (JsonObject)made["spec"]!;
        foreach (var added in (string[])["serviceAccountName", "serviceAccount", "nodeName", "tolerations", "priority", "preemptionPolicy", "enableServiceLinks", "dnsPolicy", "schedulerName"])
            spec.Remove(added);
        foreach (var of in (JsonNode?[])[spec, spec["containers"]![0]])
        {
            var name = of == spec ? "volumes" : "volumeMounts";
            var own = ((JsonArray)of![name]!).Where(item => !((string)item!["name"]!).StartsWith("kube-api-access", StringComparison.Ordinal)).Select(item => item!.DeepClone());
            of[name] = new JsonArray([.. own]);
        }
        await Make(Pods, made, "kube-controller-manager", recorded);
        Told("pods", recorded, spec: true);
    }

    async Task Claim(JsonNode recorded)
    {
        var made = Bare(recorded, "v1", "PersistentVolumeClaim");
        ((JsonObject)made["metadata"]!).Remove("finalizers");
        ((JsonObject)made["spec"]!).Remove("volumeMode");
        await Make("/api/v1/namespaces/default/persistentvolumeclaims", made, "kube-controller-manager", recorded);
    }

    async Task Job(JsonObject recorded)
    {
        var made = Bare(recorded, "batch/v1", "Job");
        ((JsonObject)made["metadata"]!).Remove("labels");
        made["spec"] = new JsonObject { ["backoffLimit"] = 0, ["template"] = made["spec"]!["template"]!.DeepClone() };
        made["spec"]!["template"]!["metadata"] = JsonNode.Parse("""{"labels":{"app":"report"}}""");
        await Make("/apis/batch/v1/namespaces/default/jobs", made, "kubectl-create", recorded);
        Told("jobs", recorded, spec: false);
    }

    // What others than the API server wrote: the status, the node, and that they did.
    void Told(string plural, JsonNode recorded, bool spec) => Change(plural, (string)recorded["metadata"]!["name"]!, item =>
    {
        item["status"] = recorded["status"]!.DeepClone();
        if (spec && recorded["spec"]!["nodeName"] is { } node)
            item["spec"]!["nodeName"] = (string)node!;
        var fields = (JsonArray)item["metadata"]!["managedFields"]!;
        foreach (var entry in (JsonArray)recorded["metadata"]!["managedFields"]!)
        {
            if ((string?)entry!["subresource"] == "status")
                fields.Add((JsonNode)entry.DeepClone());
        }
    });

    void Change(string plural, string name, Action<JsonObject> change)
    {
        var kind = Cluster.Kinds[plural];
        var item = (JsonObject)Cluster.Storage.Get(FakeKey.Of(kind, "default", name))!.Item.DeepClone();
        change(item);
        Cluster.Put(kind, item);
    }

    async Task Make(string path, JsonObject item, string manager, JsonNode recorded)
    {
        var made = await server.Admin.Call("POST", $"{path}?fieldManager={manager}", server.Comparer.Translate(item.ToJsonString()));
        Assert.True(made.Status == 201, made.Text);
        server.Comparer.Learn(recorded, made.Json);
    }

    static JsonObject Bare(JsonNode recorded, string version, string kind)
    {
        var item = (JsonObject)recorded.DeepClone();
        (item["apiVersion"], item["kind"]) = (version, kind);
        item.Remove("status");
        ((JsonObject)item["metadata"]!).Remove("managedFields");
        ((JsonObject)item["metadata"]!).Remove("resourceVersion");
        return item;
    }
}
