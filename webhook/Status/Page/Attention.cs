using BackupRunner.Webhook.Status.View;

namespace BackupRunner.Webhook.Status.Page;

/// <summary>Something that somebody has to look at.</summary>
/// <param name="Claim">Null: the workload as a whole.</param>
/// <param name="At">Since when; null: not known.</param>
/// <param name="Sentence">What is wrong, in plain words.</param>
public sealed record Attention(WorkloadView Workload, ClaimView? Claim, DateTimeOffset? At, string What, string Sentence)
{
    public static IEnumerable<Attention> In(StatusView view) => view.Workloads.SelectMany(workload => Of(workload, view.At));

    public static IEnumerable<Attention> Of(WorkloadView workload, DateTimeOffset now)
    {
        if (!workload.IsGood)
            yield return new(workload, null, null, "Not protected as it should be", workload.Status ?? "nothing is known yet");
        foreach (var one in workload.Claims.SelectMany(claim => Of(workload, claim, now)))
            yield return one;
    }

    public static IEnumerable<Attention> Of(WorkloadView workload, ClaimView claim, DateTimeOffset now)
    {
        if (claim.LastFailure is { } failure)
            yield return new(workload, claim, failure.At, "Backup failed", Said(failure));
        else if (ClaimState.Of(workload, claim, now) is { Word: "Overdue" })
            yield return new(workload, claim, claim.LastSuccess!.Time, "Backup overdue", $"the last one that succeeded is {Ages.Span(now - claim.LastSuccess.Time)} old, and one is due every {Ages.Span(workload.Schedule!.Interval!.Value)}");
        if (claim.VerificationFailure is { } verification)
            yield return new(workload, claim, verification.At, "Verification failed", Said(verification));
    }

    static string Said(FailureView failure) => failure.ExitCode is { } code ? $"{failure.Message} (exit code {code})" : failure.Message;
}
