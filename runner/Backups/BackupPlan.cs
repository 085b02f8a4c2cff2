using BackupRunner.Hooks;
using BackupRunner.Names;
using BackupRunner.Policy;
using BackupRunner.Reports;
using BackupRunner.Templates;

namespace BackupRunner.Backups;

/// <summary>All that one backup does, decided before anything is touched.</summary>
public sealed record BackupPlan
{
    public required BackupKeys Keys { get; init; }

    /// <summary>The real path of the folder that holds the data.</summary>
    public required string Data { get; init; }

    public required BackupPolicy Policy { get; init; }

    public string? PolicySha256 { get; init; }

    public ConsistencyStep? Consistency { get; init; }

    public FreezeStep? Freeze { get; init; }

    /// <summary>What thaws the workload that a killed run left frozen, also when this run does not freeze.</summary>
    public string? Thaw { get; init; }

    /// <summary>Null: stored in the clear.</summary>
    public BackupEncryption? Encryption { get; init; }

    /// <summary>Replaces the built-in archiver.</summary>
    public ArchiveScript? Script { get; init; }

    /// <exception cref="RunnerException">Exit 2: a template that does not render, with every fault.</exception>
    public static BackupPlan For(BackupKeys keys, string data, BackupPolicy policy, string? policySha256, TemplateModel model)
    {
        var rendering = new Rendering(model);
        var consistency = policy.Settings.Consistency;
        var plan = new BackupPlan
        {
            Keys = keys,
            Data = data,
            Policy = policy,
            PolicySha256 = policySha256,
            Consistency = consistency is { Enabled: true, Command: not null }
                ? new ConsistencyStep(
                    rendering.Required(PolicyTemplates.Consistency, consistency.Command),
                    consistency.WaitForCompletion,
                    rendering.Of(PolicyTemplates.Wait, consistency.WaitCommand),
                    consistency.Timeout)
                : null,
            Freeze = consistency is { Enabled: true, Freeze: { } freeze }
                ? new FreezeStep(
                    rendering.Of(PolicyTemplates.Freeze, freeze.Command),
                    rendering.Of(PolicyTemplates.Thaw, freeze.Thaw),
                    rendering.Of(PolicyTemplates.Hold, freeze.Hold),
                    freeze.Timeout)
                : null,
            Thaw = rendering.Of(PolicyTemplates.Thaw, consistency.Freeze?.Thaw),
            Script = policy.Commands.Backup is { } script
                ? new ArchiveScript(ArchiveScript.BackupPath, rendering.Required(PolicyTemplates.Backup, script), model.Backup.ArchivePath, policy.Commands.Timeout)
                : null,
        };
        rendering.ThrowFaults();
        return plan;
    }

    /// <exception cref="RunnerException">Exit 2: a step that can be seen not to work before it is tried.</exception>
    public void ThrowRefusals()
    {
        if (Keys.IsTooLong)
        {
            throw new RunnerException(
                ExitCode.Usage, $"the keys of its objects would be longer than {BackupKeys.MaxKeyBytes} bytes: \"{Keys.Folder}\"",
                "shorten storage.prefix, or the names of cluster, namespace, workload and claim");
        }
        if (Consistency is { } consistency && Hooks.Consistency.Refusal(consistency) is { } inconsistent)
            throw inconsistent;
        if (Freeze is { } freeze && Hooks.Freeze.Refusal(freeze) is { } unfreezable)
            throw unfreezable;
    }
}
