using System.Text.Json.Nodes;

namespace BackupRunner.Tests.Kube.Fake;

/// <summary>What the server fills in where nothing was said, as it was recorded.</summary>
public static class FakeDefaults
{
    public static void Set(FakeKind kind, JsonObject item)
    {
        if (kind.Custom)
        {
            FakeSchemaDefaults.Set(item, kind.OpenApi!);
            return;
        }
        var spec = item["spec"] as JsonObject;
        switch (kind.Kind)
        {
            case "Pod":
                PodSpec(spec!);
                Default(spec!, "enableServiceLinks", true);
                break;
            case "CronJob":
                Default(spec!, "concurrencyPolicy", "Allow");
                Default(spec!, "suspend", false);
                Default(spec!, "successfulJobsHistoryLimit", 3);
                Default(spec!, "failedJobsHistoryLimit", 1);
                Template(spec!["jobTemplate"]?["spec"]);
                break;
            case "Job":
                Job(item, spec!);
                break;
            case "StatefulSet":
                StatefulSet(spec!);
                break;
            case "Deployment":
                Default(spec!, "replicas", 1);
                Template(spec);
                var strategy = Made(spec!, "strategy");
                Default(strategy, "type", "RollingUpdate");
                Rolling(strategy, ("maxUnavailable", "25%"), ("maxSurge", "25%"));
                Default(spec!, "revisionHistoryLimit", 10);
                Default(spec!, "progressDeadlineSeconds", 600);
                break;
            case "PersistentVolumeClaim":
                Default(spec!, "volumeMode", "Filesystem");
                break;
            case "Secret":
                Default(item, "type", "Opaque");
                break;
            case "Service":
                Default(spec!, "type", "ClusterIP");
                Default(spec!, "sessionAffinity", "None");
                foreach (var port in Items(spec!["ports"]))
                {
                    Default(port, "protocol", "TCP");
                    Default(port, "targetPort", port["port"]!.DeepClone());
                }
                break;
            case "RoleBinding" or "ClusterRoleBinding":
                if (item["roleRef"] is JsonObject role)
                    Default(role, "apiGroup", "rbac.authorization.k8s.io");
                foreach (var subject in Items(item["subjects"]).Where(subject => (string?)subject["kind"] is "User" or "Group"))
                    Default(subject, "apiGroup", "rbac.authorization.k8s.io");
                break;
            case "CustomResourceDefinition":
                var names = (JsonObject)spec!["names"]!;
                Default(names, "singular", ((string?)names["kind"] ?? "").ToLowerInvariant());
                Default(names, "listKind", names["kind"] + "List");
                Default(Made(spec, "conversion"), "strategy", "None");
                break;
            case "MutatingWebhookConfiguration" or "ValidatingWebhookConfiguration":
                Items(item["webhooks"]).ForEach(webhook => Webhook(webhook, kind.Kind[0] == 'M'));
                break;
        }
    }

    public static void PodSpec(JsonObject spec)
    {
        Default(spec, "restartPolicy", "Always");
        Default(spec, "terminationGracePeriodSeconds", 30);
        Default(spec, "dnsPolicy", "ClusterFirst");
        Default(spec, "securityContext", new JsonObject());
        Default(spec, "schedulerName", "default-scheduler");
        if (spec["serviceAccountName"] is { } account)
            Default(spec, "serviceAccount", account.DeepClone());
        foreach (var container in Items(spec["containers"]).Concat(Items(spec["initContainers"])))
            Container(container);
        foreach (var volume in Items(spec["volumes"]))
            Volume(volume);
    }

    static void Job(JsonObject item, JsonObject spec)
    {
        if (spec["completions"] is null && spec["parallelism"] is null)
            Default(spec, "completions", 1);
        Default(spec, "parallelism", 1);
        Default(spec, "backoffLimit", 6);
        Default(spec, "completionMode", "NonIndexed");
        Default(spec, "suspend", false);
        Default(spec, "manualSelector", false);
        Default(spec, "podReplacementPolicy", spec["podFailurePolicy"] is null ? "TerminatingOrFailed" : "Failed");
        var metadata = (JsonObject)item["metadata"]!;
        if (metadata["labels"] is null && spec["template"]?["metadata"]?["labels"] is { } labels)
            metadata["labels"] = labels.DeepClone();
        Template(spec);
    }

    static void StatefulSet(JsonObject spec)
    {
        Default(spec, "replicas", 1);
        Template(spec);
        Default(spec, "podManagementPolicy", "OrderedReady");
        var strategy = Made(spec, "updateStrategy");
        Default(strategy, "type", "RollingUpdate");
        Rolling(strategy, ("partition", 0));
        Default(spec, "revisionHistoryLimit", 10);
        var retention = Made(spec, "persistentVolumeClaimRetentionPolicy");
        Default(retention, "whenDeleted", "Retain");
        Default(retention, "whenScaled", "Retain");
        foreach (var claim in Items(spec["volumeClaimTemplates"]))
        {
            claim["kind"] = "PersistentVolumeClaim";
            claim["apiVersion"] = "v1";
            Default(Made(claim, "spec"), "volumeMode", "Filesystem");
            Default(Made(claim, "status"), "phase", "Pending");
        }
    }

    static void Rolling(JsonObject strategy, params ReadOnlySpan<(string Name, JsonNode Value)> defaults)
    {
        if ((string?)strategy["type"] != "RollingUpdate")
            return;
        var rolling = Made(strategy, "rollingUpdate");
        foreach (var (name, value) in defaults)
            Default(rolling, name, value);
    }

    static void Template(JsonNode? spec)
    {
        if (spec?["template"]?["spec"] is JsonObject pod)
            PodSpec(pod);
    }

    static void Container(JsonObject container)
    {
        var image = (string?)container["image"] ?? "";
        var tag = image.Contains('@', StringComparison.Ordinal) ? "digest" : image[(image.LastIndexOf('/') + 1)..].Split(':').ElementAtOrDefault(1) ?? "latest";
        Default(container, "terminationMessagePath", "/dev/termination-log");
        Default(container, "terminationMessagePolicy", "File");
        Default(container, "imagePullPolicy", tag == "latest" ? "Always" : "IfNotPresent");
        Default(container, "resources", new JsonObject());
        foreach (var port in Items(container["ports"]))
            Default(port, "protocol", "TCP");
        foreach (var probe in (string[])["livenessProbe", "readinessProbe", "startupProbe"])
        {
            if (container[probe] is not JsonObject set)
                continue;
            foreach (var (name, value) in ((string, int)[])[("timeoutSeconds", 1), ("periodSeconds", 10), ("successThreshold", 1), ("failureThreshold", 3)])
                Default(set, name, value);
        }
        foreach (var field in Items(container["env"]).Select(variable => variable["valueFrom"]?["fieldRef"]).OfType<JsonObject>())
            Default(field, "apiVersion", "v1");
    }

    static void Volume(JsonObject volume)
    {
        foreach (var source in (string[])["secret", "configMap", "projected", "downwardAPI"])
        {
            if (volume[source] is JsonObject set)
                Default(set, "defaultMode", 420);
        }
        foreach (var token in Items(volume["projected"]?["sources"]).Select(source => source["serviceAccountToken"]).OfType<JsonObject>())
            Default(token, "expirationSeconds", 3600);
        if (volume["hostPath"] is JsonObject path)
            Default(path, "type", "");
        if (volume.Count == 1)
            volume["emptyDir"] = new JsonObject();
    }

    static void Webhook(JsonObject webhook, bool mutating)
    {
        Default(webhook, "failurePolicy", "Fail");
        Default(webhook, "matchPolicy", "Equivalent");
        Default(webhook, "namespaceSelector", new JsonObject());
        Default(webhook, "objectSelector", new JsonObject());
        Default(webhook, "timeoutSeconds", 10);
        if (mutating)
            Default(webhook, "reinvocationPolicy", "Never");
        foreach (var rule in Items(webhook["rules"]))
            Default(rule, "scope", "*");
        if (webhook["clientConfig"]?["service"] is JsonObject service)
            Default(service, "port", 443);
    }

    static List<JsonObject> Items(JsonNode? list) => [.. (list as JsonArray ?? []).OfType<JsonObject>()];

    static JsonObject Made(JsonObject of, string name)
    {
        if (of[name] is not JsonObject made)
            of[name] = made = [];
        return made;
    }

    static void Default(JsonObject of, string name, JsonNode value)
    {
        if (of[name] is null or JsonValue && of[name]?.ToJsonString() is null or "\"\"")
            of[name] = value.Parent is null ? value : value.DeepClone();
    }
}
