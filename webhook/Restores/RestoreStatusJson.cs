using System.Text.Json.Nodes;

namespace BackupRunner.Webhook.Restores;

/// <summary>The status of a Restore as a merge patch has it, with the conditions that follow from it.</summary>
static class RestoreStatusJson
{
    const string True = "True", False = "False", Unknown = "Unknown";

    /// <param name="before">A condition that stays what it is keeps its time.</param>
    public static JsonObject Of(RestoreStatus status, IReadOnlyList<RestoreCondition> before, DateTimeOffset now)
    {
        var (succeeded, failed) = status.Phase switch
        {
            RestorePhase.Succeeded => (True, False),
            RestorePhase.Failed => (False, True),
            _ => (Unknown, Unknown),
        };
        return new()
        {
            ["phase"] = status.Phase.ToString(),
            ["step"] = status.Step,
            ["observedGeneration"] = status.ObservedGeneration,
            ["workload"] = status.Workload,
            ["claim"] = status.Claim,
            ["backup"] = status.Backup,
            ["job"] = status.Job,
            ["startTime"] = Time(status.Started),
            ["completionTime"] = Time(status.Completed),
            ["progressPercent"] = status.Percent,
            ["dataState"] = status.Data?.ToString(),
            ["dataMessage"] = status.DataMessage,
            ["exitCode"] = status.ExitCode,
            ["message"] = status.Message,
            ["conditions"] = new JsonArray(
                Condition("Ready", status.Phase == RestorePhase.Succeeded ? True : False), Condition("Succeeded", succeeded), Condition("Failed", failed)),
        };

        JsonObject Condition(string type, string value) => new()
        {
            ["type"] = type,
            ["status"] = value,
            ["reason"] = status.Reason ?? "Pending",
            ["message"] = status.Message ?? "",
            ["observedGeneration"] = status.ObservedGeneration,
            ["lastTransitionTime"] = before.FirstOrDefault(one => one.Type == type && one.Status == value)?.Since is { Length: > 0 } since ? since : Time(now),
        };
    }

    // metav1.Time: whole seconds.
    static string? Time(DateTimeOffset? time) => time?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", null);
}
