namespace BackupRunner.Webhook.Restores;

/// <summary>What is to be done about a Restore.</summary>
public abstract record RestoreStep
{
    RestoreStep()
    {
    }

    public sealed record Nothing : RestoreStep;

    /// <summary>The finalizer is set, before anything runs.</summary>
    public sealed record Keep : RestoreStep;

    /// <summary>The finalizer is taken off: nothing of it runs any more.</summary>
    public sealed record Release : RestoreStep;

    /// <summary>Its turn is looked for.</summary>
    public sealed record Begin : RestoreStep;

    public sealed record Follow(RestorePhase Phase, string? Step, int? Percent, string Reason, string Message) : RestoreStep;

    /// <summary>Its Job is not among those that are known.</summary>
    public sealed record Miss : RestoreStep;

    /// <summary>Its Job has ended: what came of it is asked of the pod.</summary>
    public sealed record End : RestoreStep;

    /// <summary>What was cut short is settled now: what came of it is asked of the Lease.</summary>
    public sealed record Settle : RestoreStep;

    /// <summary>It is deleted while it may run: that is ended first.</summary>
    public sealed record Stop : RestoreStep;
}
