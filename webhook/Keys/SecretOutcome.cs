using BackupRunner.Keys;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Keys;

/// <summary>What became of one source Secret, for statuses and Events. It holds no content.</summary>
/// <param name="Problems">Sentences without a full stop.</param>
/// <param name="Done">What was done to the ring, and why, as clauses.</param>
/// <param name="Again">When to look again, at the latest; null: when something changes.</param>
public sealed record SecretOutcome(IReadOnlyList<SecretProblem> Problems, IReadOnlyList<string> Done, IReadOnlyList<RingState> Rings, TimeSpan? Again)
{
    public static SecretOutcome Nothing { get; } = new([], [], [], null);
}

public sealed record SecretProblem(WorkloadId Workload, string Problem);

/// <param name="Ids">That the Secret holds; none when there is none.</param>
/// <param name="Says">What comes next, and what it waits for, as a clause.</param>
/// <param name="Due">When the current key must have been replaced; null: nothing replaces it.</param>
public sealed record RingState(string KeyField, IReadOnlyList<KeyId> Ids, string Says, DateTimeOffset? Due);
