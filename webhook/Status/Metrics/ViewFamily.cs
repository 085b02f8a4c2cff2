using BackupRunner.Webhook.Status.View;

namespace BackupRunner.Webhook.Status.Metrics;

/// <summary>One metric that has a series for each claim, or for each workload.</summary>
/// <param name="Value">Null: this one has no such series now.</param>
public sealed record ViewFamily<T>(string Name, string Type, string Help, Func<T, double?> Value);

/// <summary>What a <see cref="StatusView"/> tells as metrics. Names, ids and messages of backups are no labels: there are as many series as claims.</summary>
public static class ViewFamilies
{
    public static IReadOnlyList<ViewFamily<(WorkloadView Workload, ClaimView Claim)>> OfClaims { get; } =
    [
        new("backup_last_success_timestamp_seconds", "gauge", "When the last backup that succeeded began.", one => Seconds(one.Claim.LastSuccess?.Time)),
        new("backup_last_failure_timestamp_seconds", "gauge", "When the last backup failed; absent once one has succeeded since.", one => Seconds(one.Claim.LastFailure?.At)),
        new("backup_duration_seconds", "gauge", "How long the last backup that succeeded took.", one => one.Claim.LastSuccess?.Duration?.TotalSeconds),
        new("backup_size_bytes", "gauge", "Bytes of the files in the last backup that succeeded.", one => one.Claim.LastSuccess?.Bytes),
        new("backup_stored_bytes", "gauge", "Bytes that the last backup that succeeded takes in the store.", one => one.Claim.LastSuccess?.StoredBytes),
        new("backup_files", "gauge", "Files in the last backup that succeeded.", one => one.Claim.LastSuccess?.Files),
        new("backup_failures_total", "counter", "Backups that failed since this process began.", one => one.Claim.Failures),
        new("backup_retained", "gauge", "Backups that the store holds.", one => one.Claim.Retained),
        new("backup_running", "gauge", "1: a backup is being made.", one => Is(one.Claim.Running?.Verb == "backup")),
        new("restore_running", "gauge", "1: a backup is being restored.", one => Is(one.Claim.Running?.Verb == "restore")),
        new("backup_verification_running", "gauge", "1: a backup is being verified.", one => Is(one.Claim.Running?.Verb == "verify")),
        new("backup_progress_ratio", "gauge", "How much of the backup, restore or verification that runs is done, 0 to 1.", one => one.Claim.Running?.Percent / 100.0),
        new("backup_last_verified_timestamp_seconds", "gauge", "When a backup was last read back and found good.", one => Seconds(one.Claim.LastVerified?.At)),
        new("backup_verification_failed", "gauge", "1: the last verification failed.", one => Is(one.Claim.VerificationFailure is not null)),
        new("backup_verification_scheduled", "gauge", "1: the policy has backups verified.", one => Is(one.Claim.IsVerified)),
        // Of the workload, and with the claim's labels, so that rules compare them without a join.
        new("backup_schedule_interval_seconds", "gauge", "Between the next two scheduled backups; absent while none are.", one => On(one.Workload)?.Interval?.TotalSeconds),
        new("backup_schedule_next_timestamp_seconds", "gauge", "When the next scheduled backup begins; absent while none is.", one => Seconds(On(one.Workload)?.Next)),
    ];

    public static IReadOnlyList<ViewFamily<WorkloadView>> OfWorkloads { get; } =
    [
        new("backup_protected", "gauge", "1: a policy protects the workload.", _ => 1),
        new("backup_workload_healthy", "gauge", "1: nothing is wrong with the workload's protection; its annotation backup.middleware.io/status says what is.", workload => Is(workload.IsGood)),
    ];

    static ScheduleView? On(WorkloadView workload) => workload.Schedule is { IsOn: true } schedule ? schedule : null;

    static double Is(bool yes) => yes ? 1 : 0;

    internal static double? Seconds(DateTimeOffset? at) => at?.ToUnixTimeMilliseconds() / 1000.0;
}
