namespace BackupRunner.Policy.Lints;

/// <summary>Warnings about the shell text of a command template.</summary>
static class TemplateLints
{
    public static IEnumerable<PolicyLint> For(PolicyTemplate template) => [];
}
