using System.Text.Json.Nodes;

namespace BackupRunner.Tests.Kube.Fake;

/// <summary>What a kind's own code and the built-in admission plugins do to a new object.</summary>
public static class FakeStrategy
{
    static readonly JsonObject Tolerations = (JsonObject)JsonNode.Parse("""
        {"all":[{"key":"node.kubernetes.io/not-ready","operator":"Exists","effect":"NoExecute","tolerationSeconds":300},
                {"key":"node.kubernetes.io/unreachable","operator":"Exists","effect":"NoExecute","tolerationSeconds":300}]}
        """)!;

    static readonly JsonObject Access = (JsonObject)JsonNode.Parse("""
        {"projected":{"sources":[{"serviceAccountToken":{"expirationSeconds":3607,"path":"token"}},
            {"configMap":{"name":"kube-root-ca.crt","items":[{"key":"ca.crt","path":"ca.crt"}]}},
            {"downwardAPI":{"items":[{"path":"namespace","fieldRef":{"apiVersion":"v1","fieldPath":"metadata.namespace"}}]}}],"defaultMode":420}}
        """)!;

    public static void PrepareForCreate(FakeKind kind, JsonObject item, FakeCluster cluster)
    {
        var metadata = (JsonObject)item["metadata"]!;
        switch (kind.Kind)
        {
            case "Job":
                Job(item, metadata);
                break;
            case "Pod":
                Pod(item, metadata, cluster);
                break;
            case "PersistentVolumeClaim":
                item["status"] = new JsonObject { ["phase"] = "Pending" };
                Finalizers(metadata, "kubernetes.io/pvc-protection");
                break;
            case "Namespace":
                item["spec"] = new JsonObject { ["finalizers"] = new JsonArray("kubernetes") };
                item["status"] = new JsonObject { ["phase"] = "Active" };
                ((JsonObject)(metadata["labels"] ??= new JsonObject()))["kubernetes.io/metadata.name"] = (string)metadata["name"]!;
                break;
            case "CustomResourceDefinition":
                var stored = ((JsonArray)item["spec"]!["versions"]!).Where(version => (bool?)version!["storage"] == true).Select(version => (JsonNode?)(string)version!["name"]!);
                item["status"]!["storedVersions"] = new JsonArray([.. stored]);
                break;
            case "Secret":
                TakeText(item);
                break;
        }
    }

    /// <summary>The text that a Secret was given becomes data, whatever wrote it.</summary>
    public static void TakeText(JsonObject secret)
    {
        var data = secret["data"] as JsonObject ?? [];
        foreach (var (name, text) in secret["stringData"] as JsonObject ?? [])
            data[name] = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes((string?)text ?? ""));
        secret.Remove("stringData");
        if (data.Count > 0 && data.Parent is null)
            secret["data"] = data;
    }

    static void Job(JsonObject item, JsonObject metadata)
    {
        var spec = (JsonObject)item["spec"]!;
        if ((bool?)spec["manualSelector"] == true)
            return;
        var (uid, name) = ((string)metadata["uid"]!, (string)metadata["name"]!);
        var template = (JsonObject)spec["template"]!["metadata"]!;
        // Labels that were taken from the template are the same map there and here.
        var shared = template["labels"] is { } labels && JsonNode.DeepEquals(labels, metadata["labels"]);
        foreach (var of in shared ? [template, metadata] : new[] { template })
        {
            var own = (JsonObject)(of["labels"] ??= new JsonObject());
            foreach (var (key, value) in ((string, string)[])[("batch.kubernetes.io/controller-uid", uid), ("batch.kubernetes.io/job-name", name), ("controller-uid", uid), ("job-name", name)])
                own[key] = value;
        }
        spec["selector"] = new JsonObject { ["matchLabels"] = new JsonObject { ["batch.kubernetes.io/controller-uid"] = uid } };
    }

    static void Pod(JsonObject item, JsonObject metadata, FakeCluster cluster)
    {
        var spec = (JsonObject)item["spec"]!;
        metadata["generation"] = 1;
        item["status"] = new JsonObject { ["phase"] = "Pending", ["qosClass"] = "BestEffort" };
        if ((string?)spec["serviceAccountName"] is null or "")
            spec["serviceAccountName"] = "default";
        spec["serviceAccount"] = (string)spec["serviceAccountName"]!;
        var (account, inside) = ((string)spec["serviceAccountName"]!, (string)metadata["namespace"]!);
        var found = cluster.Get("serviceaccounts", inside, account)
            ?? throw FakeStatusException.Forbidden("pods", "", "pods", (string)metadata["name"]!, $"error looking up service account {inside}/{account}: serviceaccount \"{account}\" not found");
        if ((bool?)(spec["automountServiceAccountToken"] ?? found.Item["automountServiceAccountToken"]) != false)
            Mount(spec);
        spec["tolerations"] ??= Tolerations["all"]!.DeepClone();
        spec["priority"] ??= 0;
        spec["preemptionPolicy"] ??= "PreemptLowerPriority";
    }

    static void Mount(JsonObject spec)
    {
        const string path = "/var/run/secrets/kubernetes.io/serviceaccount";
        var name = "kube-api-access-" + FakeCluster.RandomSuffix();
        var used = false;
        foreach (var container in ((JsonArray)spec["containers"]!).Concat(spec["initContainers"] as JsonArray ?? []).OfType<JsonObject>())
        {
            var mounts = (JsonArray)(container["volumeMounts"] ??= new JsonArray());
            if (mounts.Any(mount => (string?)mount!["mountPath"] == path))
                continue;
            used = true;
            mounts.Add((JsonNode)new JsonObject { ["name"] = name, ["readOnly"] = true, ["mountPath"] = path });
        }
        if (!used)
            return;
        var volume = (JsonObject)Access.DeepClone();
        volume["name"] = name;
        ((JsonArray)(spec["volumes"] ??= new JsonArray())).Add((JsonNode)volume);
    }

    static void Finalizers(JsonObject metadata, string name)
    {
        var finalizers = (JsonArray)(metadata["finalizers"] ??= new JsonArray());
        if (!finalizers.Any(finalizer => (string?)finalizer == name))
            finalizers.Add((JsonNode)name);
    }
}
