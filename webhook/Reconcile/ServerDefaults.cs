using System.Text.Json;

namespace BackupRunner.Webhook.Reconcile;

/// <summary>What the API server writes into a CronJob, Role and the like where its author is silent (Kubernetes 1.36). With these values a field means nothing else than without.</summary>
static class ServerDefaults
{
    static readonly Dictionary<string, string[]> Values = new(StringComparer.Ordinal)
    {
        ["apiGroup"] = ["\"\"", "\"rbac.authorization.k8s.io\""],
        ["apiVersion"] = ["\"v1\""],
        ["backoffLimit"] = ["6"],
        ["completionMode"] = ["\"NonIndexed\""],
        ["completions"] = ["1"],
        ["concurrencyPolicy"] = ["\"Allow\""],
        ["creationTimestamp"] = ["null"],
        ["defaultMode"] = ["420"],
        ["dnsPolicy"] = ["\"ClusterFirst\""],
        ["enableServiceLinks"] = ["true"],
        ["failedJobsHistoryLimit"] = ["1"],
        ["imagePullPolicy"] = ["\"IfNotPresent\"", "\"Always\""],
        ["manualSelector"] = ["false"],
        ["metadata"] = ["{}", "{\"creationTimestamp\":null}"],
        ["parallelism"] = ["1"],
        ["podReplacementPolicy"] = ["\"Failed\"", "\"TerminatingOrFailed\""],
        ["resources"] = ["{}"],
        ["schedulerName"] = ["\"default-scheduler\""],
        ["securityContext"] = ["{}"],
        ["successfulJobsHistoryLimit"] = ["3"],
        ["suspend"] = ["false"],
        ["terminationGracePeriodSeconds"] = ["30"],
        ["terminationMessagePath"] = ["\"/dev/termination-log\""],
        ["terminationMessagePolicy"] = ["\"File\""],
    };

    /// <param name="among">The object that the field stands in.</param>
    public static bool Has(JsonProperty field, JsonElement among) => field.Name == "serviceAccount"
        ? among.TryGetProperty("serviceAccountName", out var account) && JsonElement.DeepEquals(account, field.Value)
        : Values.TryGetValue(field.Name, out var values) && values.Contains(field.Value.GetRawText());
}
