namespace BackupRunner.Webhook.Recovery;

/// <summary>What became of a look at a Lease.</summary>
/// <param name="Again">When to look again although nothing changes; null: when the Lease changes.</param>
/// <param name="Problem">What a person has to know or do, for the workload's status; null: nothing.</param>
public sealed record RecoveryOutcome(TimeSpan? Again, string? Problem)
{
    public static RecoveryOutcome Done { get; } = new(null, null);
}
