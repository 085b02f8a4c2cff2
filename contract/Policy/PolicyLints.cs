using BackupRunner.Policy.Lints;

namespace BackupRunner.Policy;

/// <summary>A warning: the policy does what it says, but hardly what was meant. It is never an error.</summary>
/// <param name="Code">Stable, for machines: <c>encryption-off</c>.</param>
/// <param name="Path">Of the part of the policy that it is about.</param>
/// <param name="Message">Lower case, no full stop; says what happens and what to do.</param>
public sealed record PolicyLint(string Code, string Path, string Message)
{
    public override string ToString() => $"{Path}: {Message} ({Code})";
}

/// <summary>The warnings that a policy alone can show; docs/POLICY.md lists them.</summary>
public static class PolicyLints
{
    public static IReadOnlyList<PolicyLint> For(BackupPolicy policy) =>
    [
        .. SettingsLints.For(policy),
        .. PolicyTemplates.Of(policy).SelectMany(TemplateLints.For),
    ];
}
