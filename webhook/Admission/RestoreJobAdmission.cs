using System.Text.Json;
using System.Text.Json.Nodes;
using BackupRunner.Names;
using BackupRunner.Webhook.Plans;
using BackupRunner.Webhook.Plans.Pods;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Admission;

/// <summary>
/// A Job of three annotations becomes a whole one. What it asks for must all be there: a restore stops a workload and replaces its data, so it must not start on
/// a guess. A Job that brings containers is refused: it would run something else under the name of a restore.
/// </summary>
static class RestoreJobAdmission
{
    const int NamedDifferences = 10;

    // What the API server writes into a pod template that says nothing.
    static readonly string[] SaysNothing = ["containers", "restartPolicy", "terminationGracePeriodSeconds", "dnsPolicy", "securityContext", "schedulerName"];

    public static AdmissionReply Mutate(AdmissionRequest request, IClusterView view, Installation installation)
    {
        if (!IsRestore(request))
            return AdmissionReply.Unchanged;
        var problems = new List<string>();
        var order = RestoreOrder.Read(request, view, installation, problems);
        var pod = JsonText.Part(JsonText.Part(JsonText.Part(request.Item, "spec"), "template"), "spec");
        var brings = HasItems(pod, "containers") || HasItems(pod, "initContainers");
        if (order is not null && brings)
        {
            // Asked once more, after another webhook: what is whole already stays, and what is not is that one's doing.
            var differences = Differences(order, request);
            if (differences.Count == 0)
                return AdmissionReply.Unchanged;
            if (IsCompleted(pod))
                problems.AddRange(differences.Select(Changed));
        }
        if (brings && !IsCompleted(pod))
            problems.Add("spec.template.spec: has containers of its own; leave them out, or the annotation " + ClusterNames.RestoreAnnotation);
        if (problems.Count > 0 || order is null)
            return AdmissionReply.Invalid(problems);
        var labels = RestoreJob.Labels(order.Plan).ToDictionary(label => label.Key, label => (string?)label.Value);
        var patch = ObjectMetadata.Of(request.Item).Patch(labels, new Dictionary<string, string?> { [ClusterNames.ClaimAnnotation] = order.Claim.Name });
        patch.Add(JsonPatch.Replace("/spec", Spec(order, request)));
        return new AdmissionReply.Patched(patch, Warnings(pod, request));
    }

    /// <summary>
    /// Accepts what mutation made, and nothing else. It is built again from the same annotations and compared: no signature or mark could be trusted more,
    /// since whoever can write a Job can copy a mark. If the policy, the workload or this program's own image changed between the two calls, the Job is refused and
    /// made again.
    /// </summary>
    public static async Task<AdmissionReply> Validate(AdmissionRequest request, IClusterView view, Installation installation, AccessReviews access, CancellationToken cancel)
    {
        if (!IsRestore(request))
            return AdmissionReply.Unchanged;
        var problems = new List<string>();
        var order = RestoreOrder.Read(request, view, installation, problems);
        if (order is not null)
            problems.AddRange(Differences(order, request).Select(Changed));
        if (problems.Count > 0 || order is null)
            return AdmissionReply.Invalid(problems);
        return await access.Denial(request.User, [RestoreRights.Stop(order.Plan.Workload.Id)], cancel) ?? AdmissionReply.Unchanged;
    }

    static bool IsRestore(AdmissionRequest request) => ObjectMetadata.Of(request.Item).Ours().ContainsKey(ClusterNames.RestoreAnnotation);

    static bool HasItems(JsonElement of, string name) => JsonText.Part(of, name) is { ValueKind: JsonValueKind.Array } list && list.GetArrayLength() > 0;

    static bool IsCompleted(JsonElement pod) => pod.Items("containers").Any(container => container.Text("name") == RunContainer.Name);

    static string Changed(SpecDifference one) =>
        $"spec.{one.Path}: is not as a restore has it: it is {one.Value}; if another webhook changes it, exclude Jobs with annotation {ClusterNames.RestoreAnnotation} there; if not, make the Job again";

    static IReadOnlyList<SpecDifference> Differences(RestoreOrder order, AdmissionRequest request) =>
        CompletedSpec.Differences(Spec(order, request), JsonText.Part(request.Item, "spec"), NamedDifferences);

    static JsonObject Spec(RestoreOrder order, AdmissionRequest request)
    {
        var spec = RestoreJob.Spec(order.Plan, order.Claim, order.Choice);
        foreach (var field in CompletedSpec.Users)
        {
            if (JsonText.Part(JsonText.Part(request.Item, "spec"), field) is { ValueKind: JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False } given)
                spec[field] = JsonNode.Parse(given.GetRawText());
        }
        return spec;
    }

    static List<string> Warnings(JsonElement pod, AdmissionRequest request)
    {
        var warnings = new List<string>();
        if (pod.ValueKind == JsonValueKind.Object && pod.EnumerateObject().Select(JsonText.NameOf).Except(SaysNothing).Take(NamedDifferences).ToList() is { Count: > 0 } dropped)
            warnings.Add($"spec.template.spec: is replaced as a whole; what it says of {string.Join(", ", dropped.Select(Shown.Of))} is dropped");
        if (JsonText.Part(JsonText.Part(request.Item, "spec"), "activeDeadlineSeconds").ValueKind != JsonValueKind.Undefined)
            warnings.Add("spec.activeDeadlineSeconds: a restore that it ends before the data is whole is undone, as far as it can be; leave time enough");
        return warnings;
    }
}
