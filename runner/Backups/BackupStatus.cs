namespace BackupRunner.Backups;

/// <summary>What is to be thought of what lies under one backup id.</summary>
public enum BackupStatus
{
    Complete,

    /// <summary>Its manifest, its keys or its data are not what was stored.</summary>
    Damaged,

    /// <summary>The store does not give it now.</summary>
    Unreadable,

    /// <summary>It has no manifest: a run goes on or was killed.</summary>
    Unfinished,

    /// <summary>It is encrypted with keys that are not at hand.</summary>
    Locked,

    /// <summary>It is not encrypted where the policy encrypts: nothing proves who stored it.</summary>
    Plain,
}
