namespace BackupRunner.Policy;

/// <summary>A document that is no policy, with everything that is wrong with it; the message has one line a problem.</summary>
public sealed class PolicyException(IReadOnlyList<PolicyProblem> problems) : Exception(string.Join('\n', problems))
{
    /// <summary>In the order of the document; never empty.</summary>
    public IReadOnlyList<PolicyProblem> Problems { get; } = problems;
}
