namespace BackupRunner.Webhook.Recovery;

/// <summary>What a Lease asks for.</summary>
public enum LeaseStep
{
    /// <summary>Nothing was left to be done, whoever holds it.</summary>
    Nothing,

    /// <summary>Its holder may live, and does it: it is watched.</summary>
    Watch,

    /// <summary>A pod may be frozen, and nobody is left who would thaw it.</summary>
    Thaw,

    /// <summary>A restore has stopped the workload, and nobody is left who would start it.</summary>
    Resume,

    /// <summary>That restore is settled: the note of what was done about it goes.</summary>
    Forget,
}

/// <summary>What is to be done about a Lease.</summary>
public static class LeaseRecovery
{
    public static LeaseStep Next(LeaseFacts facts) => facts switch
    {
        { IsRestore: true, Replicas: null, HasResumes: true } => LeaseStep.Forget,
        { Frozen: null, Replicas: null } => LeaseStep.Nothing,
        { IsFree: false } => LeaseStep.Watch,
        { IsRestore: true } => LeaseStep.Resume,
        _ => LeaseStep.Thaw,
    };
}
