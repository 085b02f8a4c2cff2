using System.Text.Json;
using System.Text.Json.Nodes;

namespace BackupRunner.Webhook.Admission;

/// <summary>
/// Whether the spec of a Job is the one that we wrote, as the API server gives it back: with its defaults, which are listed here, and with what a user may set.
/// Every field of ours must be there as it is, every list must have its length, and any other field must be a default: so neither a container, a volume
/// nor a host's namespace can be added by another webhook, and a Job that mutation never saw is told from one that it completed. Other webhooks may add
/// annotations to the pod template: they run nothing by themselves.
/// </summary>
static class CompletedSpec
{
    /// <summary>Set by the user of a restore Job; mutation keeps them.</summary>
    public static readonly string[] Users = ["activeDeadlineSeconds", "ttlSecondsAfterFinished", "suspend"];

    const string Any = "";

    /// <summary>Beside ours, which keep a mesh's proxy out.</summary>
    const string PodAnnotations = "template.metadata.annotations.";

    // Path, without the places in lists, and the values that the server writes there.
    static readonly Dictionary<string, string[]> Defaults = new()
    {
        ["parallelism"] = ["1"],
        ["completions"] = ["1"],
        ["completionMode"] = ["\"NonIndexed\""],
        ["manualSelector"] = ["false"],
        ["podReplacementPolicy"] = ["\"TerminatingOrFailed\"", "\"Failed\""],
        // The server makes it of the Job's uid; with manualSelector false it takes no other.
        ["selector"] = [Any],
        ["podFailurePolicy.rules.onPodConditions.status"] = ["\"True\""],
        ["template.metadata.creationTimestamp"] = [Any],
        ["template.metadata.labels.batch.kubernetes.io/controller-uid"] = [Any],
        ["template.metadata.labels.batch.kubernetes.io/job-name"] = [Any],
        ["template.metadata.labels.controller-uid"] = [Any],
        ["template.metadata.labels.job-name"] = [Any],
        ["template.spec.terminationGracePeriodSeconds"] = ["30"],
        ["template.spec.dnsPolicy"] = ["\"ClusterFirst\""],
        ["template.spec.schedulerName"] = ["\"default-scheduler\""],
        ["template.spec.securityContext"] = ["{}"],
        ["template.spec.volumes.secret.defaultMode"] = ["420"],
        ["template.spec.volumes.configMap.defaultMode"] = ["420"],
        ["template.spec.volumes.projected.defaultMode"] = ["420"],
        ["template.spec.volumes.emptyDir"] = ["{}"],
        ["template.spec.containers.resources"] = ["{}"],
        ["template.spec.containers.terminationMessagePath"] = ["\"/dev/termination-log\""],
        ["template.spec.containers.terminationMessagePolicy"] = ["\"File\""],
        ["template.spec.containers.imagePullPolicy"] = ["\"Always\"", "\"IfNotPresent\""],
        ["template.spec.containers.env.valueFrom.fieldRef.apiVersion"] = ["\"v1\""],
        ["template.spec.initContainers.resources"] = ["{}"],
        ["template.spec.initContainers.terminationMessagePath"] = ["\"/dev/termination-log\""],
        ["template.spec.initContainers.terminationMessagePolicy"] = ["\"File\""],
        ["template.spec.initContainers.imagePullPolicy"] = ["\"Always\"", "\"IfNotPresent\""],
        ["template.spec.initContainers.env.valueFrom.fieldRef.apiVersion"] = ["\"v1\""],
    };

    /// <returns>Paths of what differs, at most <paramref name="most"/>; empty: it is ours.</returns>
    public static IReadOnlyList<string> Differences(JsonObject wanted, JsonElement given, int most)
    {
        var found = new List<string>();
        using var ours = JsonDocument.Parse(wanted.ToJsonString());
        Objects(ours.RootElement, given, "", found, most);
        return found;
    }

    static void Values(JsonElement ours, JsonElement given, string path, List<string> found, int most)
    {
        if (found.Count >= most)
            return;
        if (ours.ValueKind != given.ValueKind)
            found.Add(path);
        else if (ours.ValueKind == JsonValueKind.Object)
            Objects(ours, given, path, found, most);
        else if (ours.ValueKind != JsonValueKind.Array)
        {
            if (!JsonElement.DeepEquals(ours, given))
                found.Add(path);
        }
        else if (ours.GetArrayLength() != given.GetArrayLength())
            found.Add(path);
        else
        {
            foreach (var (one, other) in ours.EnumerateArray().Zip(given.EnumerateArray()))
                Values(one, other, path, found, most);
        }
    }

    static void Objects(JsonElement ours, JsonElement given, string path, List<string> found, int most)
    {
        if (given.ValueKind != JsonValueKind.Object)
        {
            found.Add(path);
            return;
        }
        foreach (var field in ours.EnumerateObject().Where(field => !IsUsers(path, field.Name) && field.Value.ValueKind != JsonValueKind.Null))
        {
            var there = JsonText.Part(given, field.Name);
            if (there.ValueKind != JsonValueKind.Undefined)
                Values(field.Value, there, Below(path, field.Name), found, most);
            else if (!IsEmpty(field.Value) && found.Count < most)
                found.Add(Below(path, field.Name));
        }
        foreach (var field in given.EnumerateObject().TakeWhile(_ => found.Count < most))
        {
            var name = JsonText.NameOf(field);
            if (JsonText.Part(ours, name).ValueKind == JsonValueKind.Undefined && !IsUsers(path, name) && !IsDefault(Below(path, name), field.Value, ours))
                found.Add(Below(path, name));
        }
    }

    static bool IsDefault(string path, JsonElement value, JsonElement beside) => value.ValueKind == JsonValueKind.Null
        // The older name of serviceAccountName, which the server keeps the same.
        || (path == "template.spec.serviceAccount" && JsonText.Of(beside, "serviceAccountName") is { } account && value.ValueKind == JsonValueKind.String && value.ValueEquals(account))
        || path.StartsWith(PodAnnotations, StringComparison.Ordinal)
        || (Defaults.TryGetValue(path, out var values) && values.Any(one => one == Any || one == value.GetRawText()));

    // The server leaves out what is empty: false, zero, lists and maps without anything.
    static bool IsEmpty(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.False => true,
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.Object => !value.EnumerateObject().Any(),
        JsonValueKind.String => value.GetString()!.Length == 0,
        _ => false,
    };

    static bool IsUsers(string path, string name) => path.Length == 0 && Users.Contains(name);

    static string Below(string path, string name) => path.Length == 0 ? name : $"{path}.{Quoted(name)}";

    // Names of labels hold dots and slashes; those of a hostile object hold anything.
    static string Quoted(string name) => name.Length <= 63 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '/' or '_') ? name : Shown.Of(name);
}
