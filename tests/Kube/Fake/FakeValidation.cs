using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace BackupRunner.Tests.Kube.Fake;

/// <summary>The rules of the kinds that we write, with the server's words where they were recorded. What the fake does not check, the real server may still refuse.</summary>
public static partial class FakeValidation
{
    public static IReadOnlyList<FakeCause> Of(FakeKind kind, JsonObject item, JsonObject? old)
    {
        var causes = new List<FakeCause>();
        if (kind.Custom)
            return FakeCustomResource.Problems(kind, item, old);
        var spec = item["spec"] as JsonObject;
        switch (kind.Kind)
        {
            case "CronJob":
                if (FakeSchedule.Problem((string)spec!["schedule"]!) is { } problem)
                    causes.Add(Invalid("spec.schedule", spec["schedule"]!, problem));
                Template(spec["jobTemplate"]!["spec"]!, "spec.jobTemplate.spec.template.spec", job: true, causes);
                // 11 characters are left for the time that a Job's name ends with.
                if (((string)item["metadata"]!["name"]!).Length > 52)
                    causes.Add(Invalid("metadata.name", item["metadata"]!["name"]!, "must be no more than 52 characters"));
                break;
            case "Job":
                Template(spec!, "spec.template.spec", job: true, causes);
                Immutable(item, old, causes, "completions", "selector", "template", "completionMode", "podFailurePolicy", "backoffLimitPerIndex");
                break;
            case "StatefulSet":
                Template(spec!, "spec.template.spec", job: false, causes, (spec!["volumeClaimTemplates"] as JsonArray ?? []).Select(claim => (string)claim!["metadata"]!["name"]!));
                if (old is not null && !JsonNode.DeepEquals(Fixed(old), Fixed(item)))
                    causes.Add(new FakeCause("FieldValueForbidden", "Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', "
                        + "'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden", "spec"));
                break;
            case "Deployment":
                Template(spec!, "spec.template.spec", job: false, causes);
                Immutable(item, old, causes, "selector");
                break;
            case "Pod" when old is null:
                Containers(spec!, "spec", causes);
                break;
            case "Lease":
                if ((long?)spec!["leaseDurationSeconds"] <= 0)
                    causes.Add(Invalid("spec.leaseDurationSeconds", spec["leaseDurationSeconds"]!, "must be greater than 0"));
                if ((long?)spec["leaseTransitions"] < 0)
                    causes.Add(Invalid("spec.leaseTransitions", spec["leaseTransitions"]!, "must be greater than or equal to 0"));
                if ((string?)spec["holderIdentity"] == "")
                    causes.Add(Invalid("spec.holderIdentity", "", "must not be empty"));
                break;
            case "CustomResourceDefinition":
                FakeDefinition.Problems(item, causes);
                break;
            case "MutatingWebhookConfiguration" or "ValidatingWebhookConfiguration":
                FakeWebhook.Problems(item, causes);
                break;
        }
        Metadata(kind, (JsonObject)item["metadata"]!, causes);
        return causes;
    }

    public static FakeCause Invalid(string field, JsonNode value, string why) => new("FieldValueInvalid", $"Invalid value: {value.ToJsonString()}: {why}", field);

    public static FakeCause Required(string field, string why = "") => new("FieldValueRequired", "Required value" + (why.Length > 0 ? ": " + why : ""), field);

    /// <summary>What is being deleted gets no finalizer any more.</summary>
    public static void DemandNoNewFinalizers(FakeKind kind, string name, JsonObject item, JsonObject old)
    {
        static IEnumerable<string> Of(JsonObject item) => (item["metadata"]!["finalizers"] as JsonArray ?? []).Select(finalizer => (string)finalizer!);
        if (old["metadata"]!["deletionTimestamp"] is not null && Of(item).Except(Of(old)).ToList() is { Count: > 0 } added)
        {
            throw FakeStatusException.Invalid(kind, name, [new FakeCause("FieldValueForbidden",
                $"Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{{{string.Join(", ", added.Select(one => $"\"{one}\""))}}}", "metadata.finalizers")]);
        }
    }

    static void Metadata(FakeKind kind, JsonObject metadata, List<FakeCause> causes)
    {
        var name = (string)metadata["name"]!;
        // The names of roles are path segments only.
        if (kind.Group != "rbac.authorization.k8s.io" && (name.Length > 253 || !Subdomain().IsMatch(name)))
            causes.Add(Invalid("metadata.name", name, "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric "
                + "character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"));
        foreach (var (key, value) in metadata["labels"] as JsonObject ?? [])
        {
            if (!LabelKey().IsMatch(key))
                causes.Add(Invalid("metadata.labels", key, "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"));
            if ((string)value! is var text && (text.Length > 63 || !LabelValue().IsMatch(text)))
                causes.Add(Invalid("metadata.labels", text, text.Length > 63 ? "must be no more than 63 bytes"
                    : "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"));
        }
        foreach (var (key, _) in metadata["annotations"] as JsonObject ?? [])
        {
            if (!LabelKey().IsMatch(key))
                causes.Add(Invalid("metadata.annotations", key, "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"));
        }
        foreach (var (owner, at) in (metadata["ownerReferences"] as JsonArray ?? []).Select((owner, at) => (owner!, at)))
        {
            foreach (var field in (string[])["apiVersion", "kind", "name", "uid"])
            {
                if ((string?)owner[field] is null or "")
                    causes.Add(Invalid($"metadata.ownerReferences[{at}].{field}", "", $"{field} must not be empty"));
            }
        }
    }

    static void Template(JsonNode of, string path, bool job, List<FakeCause> causes, params IEnumerable<string> claims)
    {
        var pod = (JsonObject)of["template"]!["spec"]!;
        Containers(pod, path, causes, claims);
        var policy = (string?)pod["restartPolicy"];
        if (job && policy == "Always")
            causes.Add(Required(path + ".restartPolicy", "valid values: \"OnFailure\", \"Never\""));
        else if (!job && policy != "Always")
            causes.Add(new FakeCause("FieldValueNotSupported", $"Unsupported value: \"{policy}\": supported values: \"Always\"", path + ".restartPolicy"));
    }

    static void Containers(JsonObject pod, string path, List<FakeCause> causes, params IEnumerable<string> claims)
    {
        var volumes = (pod["volumes"] as JsonArray ?? []).Select(volume => (string)volume!["name"]!).Concat(claims).ToHashSet();
        var containers = pod["containers"] as JsonArray ?? [];
        if (containers.Count == 0)
            causes.Add(Required(path + ".containers"));
        foreach (var (container, at) in containers.Select((container, at) => ((JsonObject)container!, at)))
        {
            var here = $"{path}.containers[{at}]";
            if ((string)container["name"]! == "")
                causes.Add(Required(here + ".name"));
            if ((string?)container["image"] is null or "")
                causes.Add(Required(here + ".image"));
            foreach (var (mount, of) in (container["volumeMounts"] as JsonArray ?? []).Select((mount, of) => (mount!, of)))
            {
                if (!volumes.Contains((string)mount["name"]!))
                    causes.Add(new FakeCause("FieldValueNotFound", $"Not found: \"{mount["name"]}\"", $"{here}.volumeMounts[{of}].name"));
            }
        }
    }

    static void Immutable(JsonObject item, JsonObject? old, List<FakeCause> causes, params ReadOnlySpan<string> fields)
    {
        if (old is null)
            return;
        foreach (var field in fields)
        {
            if (!JsonNode.DeepEquals(old["spec"]![field], item["spec"]![field]))
                causes.Add(Invalid("spec." + field, item["spec"]![field]?.DeepClone() ?? "null", "field is immutable"));
        }
    }

    static JsonNode Fixed(JsonObject item)
    {
        var spec = (JsonObject)item["spec"]!.DeepClone();
        foreach (var free in (string[])["replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit", "persistentVolumeClaimRetentionPolicy", "minReadySeconds"])
            spec.Remove(free);
        return spec;
    }

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")]
    private static partial Regex Subdomain();

    [GeneratedRegex(@"^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$")]
    private static partial Regex LabelKey();

    [GeneratedRegex(@"^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$")]
    private static partial Regex LabelValue();
}
