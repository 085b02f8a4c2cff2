using System.Globalization;

namespace BackupRunner.Policy.Reading;

/// <summary>Collects problems. Of a document with more than <see cref="Most"/> the others are counted: an answer must stay readable.</summary>
sealed class ProblemList
{
    public const int Most = 100;

    readonly List<PolicyProblem> problems = [];
    int more;

    public bool IsEmpty => problems.Count == 0;

    /// <summary>Whether a further problem would still be shown: what it costs to word it is wasted otherwise.</summary>
    public bool HasRoom => problems.Count < Most;

    public void Add(string path, PolicyMark mark, string message)
    {
        if (HasRoom)
            problems.Add(new PolicyProblem(path, mark.Line, mark.Column, message));
        else
            more++;
    }

    public IReadOnlyList<PolicyProblem> InOrder()
    {
        var ordered = problems.OrderBy(problem => problem.Line).ThenBy(problem => problem.Column).ToList();
        if (more > 0)
            ordered.Add(new PolicyProblem("", 0, 0, $"{more.ToString(CultureInfo.InvariantCulture)} more problems"));
        return ordered;
    }
}
