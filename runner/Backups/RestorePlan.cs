using BackupRunner.Hooks;
using BackupRunner.Names;
using BackupRunner.Policy;
using BackupRunner.Templates;

namespace BackupRunner.Backups;

/// <summary>The commands of a restore, rendered before anything is touched.</summary>
/// <param name="Script">Takes the place of the staged restore.</param>
public sealed record RestorePlan(BackupId Id, ArchiveScript? Script, string? HealthCommand)
{
    /// <exception cref="RunnerException">Exit 2: a template that does not render, with every fault.</exception>
    public static RestorePlan For(BackupId id, BackupPolicy policy, TemplateModel model)
    {
        var rendering = new Rendering(model);
        var script = rendering.Of(PolicyTemplates.Restore, policy.Commands.Restore);
        var health = rendering.Of(PolicyTemplates.Health, policy.Restore.HealthCommand);
        rendering.ThrowFaults();
        return new RestorePlan(
            id, script is null ? null : new ArchiveScript(ArchiveScript.RestorePath, script, model.Backup.ArchivePath, policy.Commands.Timeout), health);
    }

    // The health command may hold a secret.
    public override string ToString() => Id.Text;
}
