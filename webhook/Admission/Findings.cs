namespace BackupRunner.Webhook.Admission;

/// <summary>What a decision finds, in order.</summary>
sealed class Findings
{
    public List<string> Problems { get; } = [];

    public List<string> Warnings { get; } = [];

    /// <summary>A denial with every problem, or leave with every warning.</summary>
    public AdmissionReply Reply() => Problems.Count > 0 ? AdmissionReply.Invalid(Problems) : new AdmissionReply.Allowed(Warnings);
}
