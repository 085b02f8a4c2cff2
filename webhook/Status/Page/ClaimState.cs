using BackupRunner.Webhook.Status.View;

namespace BackupRunner.Webhook.Status.Page;

/// <summary>How a claim's backups are, in a word.</summary>
/// <param name="Tone">A class of the style: <c>good</c>, <c>warn</c>, <c>bad</c> or <c>calm</c>.</param>
public sealed record ClaimState(string Word, string Tone)
{
    static readonly ClaimState Failing = new("Failing", "bad");
    static readonly ClaimState Overdue = new("Overdue", "bad");
    static readonly ClaimState None = new("No backup yet", "warn");
    static readonly ClaimState ByHand = new("By hand", "calm");
    static readonly ClaimState Good = new("Up to date", "good");

    public bool IsGood => this == Good || this == ByHand;

    public static ClaimState Of(WorkloadView workload, ClaimView claim, DateTimeOffset now) =>
        claim.LastFailure is not null ? Failing
        : claim.LastSuccess is not { } success ? None
        : workload.Schedule is not { IsOn: true } schedule ? ByHand
        : IsOverdue(schedule, success, now) ? Overdue
        : Good;

    /// <summary>As alert BackupTooOld has it: older than two intervals.</summary>
    static bool IsOverdue(ScheduleView schedule, BackupView success, DateTimeOffset now) => schedule.Interval is { } interval && now - success.Time > 2 * interval;
}
