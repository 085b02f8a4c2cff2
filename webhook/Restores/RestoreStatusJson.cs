using System.Text.Json.Nodes;

namespace BackupRunner.Webhook.Restores;

/// <summary>The status of a Restore as a merge patch has it, with the conditions that follow from it.</summary>
static class RestoreStatusJson
{
    const string True = "True", False = "False", Unknown = "Unknown";

    /// <summary>Characters that the CRD lets the texts have: what others wrote (a denial, a Lease) may be longer.</summary>
    const int LongestMessage = 2048, LongestStep = 64;

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
            ["step"] = Cut(status.Step, LongestStep),
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
            ["message"] = Cut(status.Message, LongestMessage),
            ["conditions"] = new JsonArray(
                Condition("Ready", status.Phase == RestorePhase.Succeeded ? True : False), Condition("Succeeded", succeeded), Condition("Failed", failed)),
        };

        JsonObject Condition(string type, string value) => new()
        {
            ["type"] = type,
            ["status"] = value,
            ["reason"] = status.Reason ?? "Pending",
            ["message"] = Cut(status.Message, LongestMessage) ?? "",
            ["observedGeneration"] = status.ObservedGeneration,
            ["lastTransitionTime"] = before.FirstOrDefault(one => one.Type == type && one.Status == value)?.Since is { Length: > 0 } since ? since : Time(now),
        };
    }

    static string? Cut(string? text, int length) => text is null || text.Length <= length ? text : text[..(length - 3)] + "...";

    // metav1.Time: whole seconds.
    static string? Time(DateTimeOffset? time) => time?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", null);
}
