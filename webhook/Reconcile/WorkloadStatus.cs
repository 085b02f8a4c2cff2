using BackupRunner.Webhook.Plans;

namespace BackupRunner.Webhook.Reconcile;

/// <summary>What the <c>/status</c> annotation of a workload says.</summary>
/// <param name="Reason">One word in CamelCase, for Events.</param>
public sealed record WorkloadStatus(bool IsGood, string Reason, string Text)
{
    const int LongestText = 1024;

    public static WorkloadStatus Protected(ProtectionPlan plan, IReadOnlyList<string> problems)
    {
        var claims = plan.Claims.Count == 1 ? "1 claim" : $"{plan.Claims.Count} claims";
        var text = $"{claims} protected by policy \"{plan.Policy.Name}\"";
        return problems.Count == 0
            ? new(true, "Protected", text)
            : new(false, "PartlyProtected", Cut($"{text}; but {string.Join("; ", problems)}"));
    }

    /// <summary>Nothing was done.</summary>
    public static WorkloadStatus Unchanged(Assessment assessment) =>
        new(false, "NotReconciled", Cut($"{string.Join("; ", assessment.Problems)}; what was there before stays as it is"));

    public static WorkloadStatus Failed(string problem) => new(false, "ReconcileFailed", Cut(problem));

    static string Cut(string text) => text.Length <= LongestText ? text : text[..(LongestText - 3)] + "...";
}
