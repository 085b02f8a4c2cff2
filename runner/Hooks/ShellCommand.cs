namespace BackupRunner.Hooks;

/// <summary>A rendered command of the policy. The text may hold a secret and is never printed; messages name <paramref name="PolicyPath"/>.</summary>
/// <param name="PolicyPath">Where it stands in the policy, <c>backup.settings.consistency.command</c>.</param>
/// <param name="Text">What <c>sh -c</c> is given.</param>
/// <param name="IsScript">Run with <c>sh -eu</c>: it ends at the first command that fails and at an unset variable.</param>
/// <param name="IsPoll">A question that is asked again and again: what it prints is not logged.</param>
public sealed record ShellCommand(string PolicyPath, string Text, bool IsScript = false, bool IsPoll = false)
{
    public override string ToString() => PolicyPath;
}
