using System.Globalization;
using BackupRunner.Names;
using BackupRunner.Webhook.Reconcile;
using BackupRunner.Webhook.Recovery;

namespace BackupRunner.Webhook.Restores;

/// <summary>What the restore Lease of a workload says.</summary>
public sealed record RestoreLease
{
    /// <summary>Nobody holds it, and nothing is left to be done; also of one that is not there.</summary>
    public static RestoreLease Free { get; } = new();

    /// <summary>A run that lives has it. <see cref="Holder"/> begins with its pod's name.</summary>
    public bool IsHeld { get; init; }

    public string? Holder { get; init; }

    /// <summary>A restore has stopped the workload and has not ended.</summary>
    public bool IsUnsettled { get; init; }

    /// <summary>What was cut short is not finished by itself any more: another restore into the same claim is what mends it.</summary>
    public bool IsGivenUp { get; init; }

    /// <summary>The claim that is restored.</summary>
    public string? Claim { get; init; }

    /// <summary>The run's own word for what it does.</summary>
    public string? Step { get; init; }

    public int? Percent { get; init; }

    public string? Progress { get; init; }

    public bool IsHeldBy(string job) => IsHeld && Holder?.StartsWith(job + "-", StringComparison.Ordinal) == true;

    /// <param name="seen">Null: there is none.</param>
    public static RestoreLease Of(SeenLease? seen, TimeProvider time)
    {
        if (seen is null)
            return Free;
        string? Note(string name) => seen.Lease.Metadata.Annotations?.GetValueOrDefault(name) is { Length: > 0 } note ? note : null;
        int? Number(string name) => int.TryParse(Note(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
        return new()
        {
            IsHeld = seen.IsHeld(time),
            Holder = seen.Lease.Spec?.HolderIdentity,
            IsUnsettled = seen.IsUnsettled,
            IsGivenUp = Note(LeaseNotes.Script) is not null || Number(LeaseNotes.Resumes) >= ResumeDecision.MostJobs,
            Claim = Note(LeaseNotes.Claim),
            Step = Note(LeaseNotes.Phase),
            Percent = Number(LeaseNotes.Percent) is >= 0 and <= 100 and var percent ? percent : null,
            Progress = Note(LeaseNotes.Progress),
        };
    }
}
