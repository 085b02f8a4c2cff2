using System.Text.Json;
using BackupRunner.Kube;
using BackupRunner.Names;
using BackupRunner.Webhook.Status;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Backups;

/// <summary>From the JSON of a Backup to what matters of it; its status may have been written by anybody with the right to.</summary>
public static class BackupObjectReader
{
    const int MostClaims = 1024, LongestText = 2048;

    /// <returns>Null: it names no workload, which the schema does not let happen.</returns>
    public static BackupObject? Read(KubeObject item)
    {
        var (spec, status) = (item.Part("spec"), item.Part("status"));
        var workload = spec.Field("workload");
        if (workload.Name("name") is not { } name || item.Metadata.Namespace is not { } space)
            return null;
        var id = WorkloadId.Of(workload.Text("kind"), space, name);
        var record = spec.Field("record");
        return new BackupObject(
            space, item.Metadata.Name, item.Metadata.Uid ?? "", item.Metadata.Generation ?? 0, item.Metadata.ResourceVersion, item.Metadata.CreationTimestamp ?? default,
            item.Metadata.DeletionTimestamp is not null, id, spec.Name("claim"), record.ValueKind == JsonValueKind.Object ? new(record.Text("id"), record.Name("job")) : null, StatusOf(status));
    }

    // There may be a hundred thousand that are over, and what their conditions say changes no more.
    static BackupStatus StatusOf(JsonElement status) => status.ValueKind != JsonValueKind.Object ? BackupStatus.None : new(
        PhaseOf(status), [.. status.Items("claims").Take(MostClaims).Select(ClaimOf).OfType<ClaimBackup>().OrderBy(claim => claim.Claim, StringComparer.Ordinal)], Short(status, "note"), PhaseOf(status) is BackupPhase.Succeeded or BackupPhase.Failed ? [] : Condition.Read(status));

    static ClaimBackup? ClaimOf(JsonElement claim) => claim.Name("claim") is not { } name ? null : new()
    {
        Claim = name,
        Phase = PhaseOf(claim),
        Job = claim.Name("job"),
        Id = claim.Text("id") is { } id && BackupId.Parse(id) is not null ? id : null,
        Started = claim.Time("startTime"),
        Completed = claim.Time("completionTime"),
        Files = claim.Size("files"),
        Bytes = claim.Size("bytes"),
        StoredBytes = claim.Size("storedBytes"),
        Percent = (int?)claim.Size("progressPercent"),
        Step = Short(claim, "step"),
        Warnings = (int?)claim.Size("warnings"),
        FirstWarning = Short(claim, "firstWarning"),
        Message = Short(claim, "message"),
        ExitCode = (int?)claim.Size("exitCode"),
        KeyId = Short(claim, "keyId"),
        Verified = claim.Time("lastVerified"),
        Verification = Short(claim, "verification"),
        VerificationFailed = claim.Time("verificationFailed"),
        VerificationMessage = Short(claim, "verificationMessage"),
        IsGone = claim.Field("gone").ValueKind == JsonValueKind.True,
    };

    static BackupPhase PhaseOf(JsonElement of) => of.Text("phase") switch
    {
        "Running" => BackupPhase.Running,
        "Succeeded" => BackupPhase.Succeeded,
        "Failed" => BackupPhase.Failed,
        _ => BackupPhase.Pending,
    };

    static string? Short(JsonElement of, string name) => of.Text(name) is { Length: <= LongestText } text ? text : null;
}
