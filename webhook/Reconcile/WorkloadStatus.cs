using BackupRunner.Webhook.Plans;

namespace BackupRunner.Webhook.Reconcile;

/// <summary>What the <c>/status</c> annotation of a workload says.</summary>
/// <param name="Reason">One word in CamelCase, for Events.</param>
public sealed record WorkloadStatus(bool IsGood, string Reason, string Text)
{
    const int LongestText = 1024;

    const int NamedClaims = 5;

    /// <param name="isRestored">A restore has stopped it for a while: nothing is said of claims that have no pod then.</param>
    public static WorkloadStatus Protected(ProtectionPlan plan, IReadOnlyList<string> problems, bool isRestored)
    {
        var claims = plan.Claims.Count == 1 ? "1 claim" : $"{plan.Claims.Count} claims";
        var text = $"{claims} protected by policy \"{plan.Policy.Name}\"{(isRestored ? "" : WithoutPod(plan))}";
        return problems.Count == 0
            ? new(true, "Protected", text)
            : new(false, "PartlyProtected", Cut($"{text}; but {string.Join("; ", problems)}"));
    }

    static string WithoutPod(ProtectionPlan plan)
    {
        var names = plan.Claims.Where(plan.IsWithoutPod).Select(claim => claim.Name).ToList();
        return names.Count == 0 ? ""
            : $"; backups of {string.Join(", ", names.Take(NamedClaims))}{(names.Count > NamedClaims ? $" and {names.Count - NamedClaims} more" : "")} are suspended as long as no pod has them, as the policy runs commands in it";
    }

    /// <summary>Nothing was done.</summary>
    public static WorkloadStatus Unchanged(Assessment assessment) =>
        new(false, "NotReconciled", Cut($"{string.Join("; ", assessment.Problems)}; what was there before stays as it is"));

    public static WorkloadStatus Failed(string problem) => new(false, "ReconcileFailed", Cut(problem));

    static string Cut(string text) => text.Length <= LongestText ? text : text[..(LongestText - 3)] + "...";
}
