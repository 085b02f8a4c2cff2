namespace BackupRunner.Policy;

/// <summary>A command template of a policy. <paramref name="Path"/> is what <see cref="PolicyMarks"/> knows it by.</summary>
public sealed record PolicyTemplate(string Path, string Text);

/// <summary>Which strings of a policy are command templates.</summary>
public static class PolicyTemplates
{
    public const string Consistency = "backup.settings.consistency.command";
    public const string Wait = "backup.settings.consistency.waitCommand";
    public const string Freeze = "backup.settings.consistency.freeze.command";
    public const string Thaw = "backup.settings.consistency.freeze.thaw";
    public const string Hold = "backup.settings.consistency.freeze.hold";
    public const string Backup = "backup.commands.backup";
    public const string Restore = "backup.commands.restore";
    public const string Health = "backup.restore.healthCommand";
    public const string Verification = "backup.verification.command";

    /// <summary>Those that are set, in the order in which a run uses them.</summary>
    public static IReadOnlyList<PolicyTemplate> Of(BackupPolicy policy)
    {
        var consistency = policy.Settings.Consistency;
        (string Path, string? Text)[] all =
        [
            (Consistency, consistency.Command),
            (Wait, consistency.WaitCommand),
            (Freeze, consistency.Freeze?.Command),
            (Hold, consistency.Freeze?.Hold),
            (Backup, policy.Commands.Backup),
            (Thaw, consistency.Freeze?.Thaw),
            (Restore, policy.Commands.Restore),
            (Health, policy.Restore.HealthCommand),
            (Verification, policy.Verification?.Command),
        ];
        return [.. all.Where(template => template.Text is not null).Select(template => new PolicyTemplate(template.Path, template.Text!))];
    }
}
