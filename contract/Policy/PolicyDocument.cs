using BackupRunner.Policy.Reading;
using BackupRunner.Policy.Yaml;

namespace BackupRunner.Policy;

/// <summary>A policy and where its values stand in the document that it was read from.</summary>
public sealed record ParsedPolicy(BackupPolicy Policy, PolicyMarks Marks);

/// <summary>
/// The YAML of a policy: one document whose root key is <c>backup</c>, or a part of it by its own root keys (<c>storage</c>,
/// <c>encryption</c>, <c>retention</c>, ...). JSON is YAML and reads as well.
/// </summary>
public static class PolicyDocument
{
    /// <summary>The largest document, in bytes of UTF-8.</summary>
    public const int MaximumBytes = 1 << 20;

    /// <exception cref="PolicyException">With every problem of the document; of YAML that is malformed, the first.</exception>
    public static ParsedPolicy Parse(string text)
    {
        var problems = new ProblemList();
        var marks = new PolicyMarks(text);
        var policy = YamlDocument.Read(text, problems) is { } root ? PolicyReader.Read(root, problems, marks) : null;
        return problems.IsEmpty ? new ParsedPolicy(policy!, marks) : throw new PolicyException(problems.InOrder());
    }
}
