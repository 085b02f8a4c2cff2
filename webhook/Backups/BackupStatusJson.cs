using System.Globalization;
using System.Text.Json.Nodes;
using BackupRunner.Reports;
using BackupRunner.Webhook.Status;

namespace BackupRunner.Webhook.Backups;

/// <summary>The status of a Backup as JSON, with what its columns show.</summary>
static class BackupStatusJson
{
    /// <returns>A merge patch: a field that is not so any more is null.</returns>
    public static JsonObject Patch(BackupObject backup, BackupStatus status)
    {
        var generation = backup.Generation;
        var (started, completed) = (status.Claims.Min(claim => claim.Started), status.IsOver ? status.Claims.Max(claim => claim.Completed) : null);
        var bytes = Sum(status, claim => claim.Bytes);
        var patch = new JsonObject
        {
            // Of what was looked at: each claim's part is written by who looks at that claim.
            ["metadata"] = new JsonObject { ["resourceVersion"] = backup.ResourceVersion },
            ["status"] = new JsonObject
            {
                ["observedGeneration"] = generation,
                ["phase"] = status.Phase.ToString(),
                ["id"] = status.Claims is [var only] ? only.Id : null,
                ["note"] = status.Note,
                ["progress"] = Progress(status),
                ["files"] = Sum(status, claim => claim.Files),
                ["bytes"] = bytes,
                ["storedBytes"] = Sum(status, claim => claim.StoredBytes),
                ["size"] = bytes is { } size ? Sizes.Bytes(size) : null,
                ["startTime"] = Text(started),
                ["completionTime"] = Text(completed),
                ["duration"] = completed - started is { } took ? Duration(took) : null,
                ["lastVerified"] = status.Claims.Count > 0 && status.Claims.All(claim => claim.Verified is not null) ? Text(status.Claims.Min(claim => claim.Verified)) : null,
                ["claims"] = new JsonArray([.. status.Claims.Select(claim => (JsonNode)Of(claim))]),
            },
        };
        if (status.Conditions.Count > 0)
            patch["status"]!["conditions"] = Condition.Json(status.Conditions, generation);
        return patch;
    }

    /// <summary>As kubectl writes it: <c>1h2m3s</c>.</summary>
    static string Duration(TimeSpan took)
    {
        var seconds = (long)Math.Max(0, Math.Round(took.TotalSeconds));
        return string.Create(CultureInfo.InvariantCulture, $"{(seconds >= 3600 ? $"{seconds / 3600}h" : "")}{(seconds >= 60 ? $"{seconds / 60 % 60}m" : "")}{seconds % 60}s");
    }

    static string? Progress(BackupStatus status) => status.Phase switch
    {
        BackupPhase.Running when status.Claims.All(claim => claim.Percent is not null || claim.IsOver) =>
            string.Create(CultureInfo.InvariantCulture, $"{status.Claims.Where(claim => !claim.IsOver).Min(claim => claim.Percent) ?? 100}%"),
        _ => null,
    };

    static JsonObject Of(ClaimBackup claim)
    {
        var json = new JsonObject { ["claim"] = claim.Claim, ["phase"] = claim.Phase.ToString() };
        void Add(string name, JsonNode? value)
        {
            if (value is not null)
                json[name] = value;
        }
        Add("job", claim.Job);
        Add("id", claim.Id);
        Add("startTime", Text(claim.Started));
        Add("completionTime", Text(claim.Completed));
        Add("files", claim.Files);
        Add("bytes", claim.Bytes);
        Add("storedBytes", claim.StoredBytes);
        Add("bytesPerSecond", claim is { Bytes: { } bytes, Started: { } started, Completed: { } completed } && completed > started ? (long)(bytes / (completed - started).TotalSeconds) : null);
        Add("progressPercent", claim.Percent);
        Add("step", claim.Step);
        Add("warnings", claim.Warnings);
        Add("firstWarning", claim.FirstWarning);
        Add("message", claim.Message);
        Add("exitCode", claim.ExitCode);
        Add("keyId", claim.KeyId);
        Add("lastVerified", Text(claim.Verified));
        Add("verification", claim.Verification);
        Add("verificationFailed", Text(claim.VerificationFailed));
        Add("verificationMessage", claim.VerificationMessage);
        Add("gone", claim.IsGone ? true : null);
        return json;
    }

    static long? Sum(BackupStatus status, Func<ClaimBackup, long?> of) => status.Claims.Any(claim => of(claim) is not null) ? status.Claims.Sum(of) : null;

    static string? Text(DateTimeOffset? time) => time is { } known ? UtcTime.Text(known) : null;
}
