namespace BackupRunner.Webhook.Status.View;

/// <summary>What is protected, since when, and whether it would restore: what the page and the metrics show. Values only; no Secret and no command is in it.</summary>
/// <param name="At">When that was so.</param>
/// <param name="Workloads">Protected ones, by namespace, kind and name.</param>
/// <param name="Unprotected">StatefulSets that no policy protects, by namespace and name.</param>
/// <param name="Leads">This replica runs the loop.</param>
/// <param name="CertificateExpiry">Of the serving certificate; null: there is none yet.</param>
public sealed record StatusView(
    DateTimeOffset At, IReadOnlyList<WorkloadView> Workloads, IReadOnlyList<UnprotectedView> Unprotected, bool Leads, DateTimeOffset? CertificateExpiry);

public sealed record UnprotectedView(string Namespace, string Name);

/// <param name="Kind">As in manifests: <c>StatefulSet</c>.</param>
/// <param name="Policy">The name of its BackupPolicy, which may not exist.</param>
/// <param name="Status">What its annotation <c>/status</c> says; null: nothing yet.</param>
/// <param name="IsGood">Nothing is wrong with its protection.</param>
/// <param name="Schedule">Null: there is no valid policy.</param>
/// <param name="Claims">By name.</param>
public sealed record WorkloadView(
    string Namespace, string Kind, string Name, string Policy, string? Status, bool IsGood, ScheduleView? Schedule, IReadOnlyList<ClaimView> Claims);

/// <param name="Cron">As the policy writes it.</param>
/// <param name="TimeZone">Null: that of the cluster's controller manager.</param>
/// <param name="IsOn">False: backups are made by hand only.</param>
/// <param name="Next">Null: none comes.</param>
/// <param name="Interval">Between the next two runs; null: there are none.</param>
public sealed record ScheduleView(string Cron, string? TimeZone, bool IsOn, DateTimeOffset? Next, TimeSpan? Interval);

/// <summary>The backups of one claim.</summary>
public sealed record ClaimView
{
    public required string Claim { get; init; }

    /// <summary>The last backup that succeeded; null: none is known.</summary>
    public BackupView? LastSuccess { get; init; }

    /// <summary>Null: none, or one has succeeded since.</summary>
    public FailureView? LastFailure { get; init; }

    /// <summary>Oldest first, of those that are retained; the newest hundred at most.</summary>
    public IReadOnlyList<BackupView> Backups { get; init; } = [];

    /// <summary>How many backups the store holds; null: not known yet.</summary>
    public int? Retained { get; init; }

    /// <summary>The last verification that succeeded; null: none is known.</summary>
    public VerificationView? LastVerified { get; init; }

    /// <summary>Why the last verification failed; null: it did not.</summary>
    public FailureView? VerificationFailure { get; init; }

    /// <summary>A verification is scheduled by the policy.</summary>
    public bool IsVerified { get; init; }

    /// <summary>What is going on now; null: nothing.</summary>
    public RunView? Running { get; init; }

    /// <summary>Backups that failed since this process began.</summary>
    public long Failures { get; init; }
}

/// <param name="Id">Of the backup: <c>20261122t020000z-k3x7qa</c>.</param>
/// <param name="Time">When it began.</param>
/// <param name="Duration">Null: not known.</param>
/// <param name="Bytes">Of the regular files; null: not known.</param>
/// <param name="StoredBytes">Of the stored object; null: not known.</param>
/// <param name="KeyId">Null: it is not encrypted, or not known.</param>
public sealed record BackupView(string Id, DateTimeOffset Time, TimeSpan? Duration, long? Files, long? Bytes, long? StoredBytes, string? KeyId);

/// <param name="Message">In plain words, without a secret.</param>
public sealed record FailureView(DateTimeOffset At, string Message, int? ExitCode);

/// <param name="Mode"><c>checksum</c> or <c>full</c>.</param>
/// <param name="Backup">Its id.</param>
public sealed record VerificationView(DateTimeOffset At, string Mode, string Backup);

/// <param name="Verb"><c>backup</c>, <c>restore</c> or <c>verify</c>.</param>
/// <param name="Step">Such as <c>retention</c> or <c>swap</c>; null: not known.</param>
/// <param name="Percent">0 to 100; null: not known.</param>
/// <param name="Progress">As the run's log says it; null: nothing yet.</param>
public sealed record RunView(string Verb, string? Step, int? Percent, string? Progress);
