namespace BackupRunner.Names;

/// <summary>The annotations of a Lease: what its holder is doing, and what a dead one left to be done.</summary>
public static class LeaseNotes
{
    /// <summary>The backup that is made or restored.</summary>
    public const string Id = ClusterNames.Domain + "id";

    /// <summary>A word for what the run does now, such as <c>archiving</c>; after it <c>done</c> or <c>failed</c>.</summary>
    public const string Phase = ClusterNames.Domain + "phase";

    /// <summary>How far it is, as its log says it.</summary>
    public const string Progress = ClusterNames.Domain + "progress";

    /// <summary>How much is done, in whole percent, where the whole is known: <c>0</c> to <c>99</c>. Gone when the run has ended.</summary>
    public const string Percent = ClusterNames.Domain + "percent";

    /// <summary>JSON: the workload may be frozen. Whoever takes the Lease over thaws first.</summary>
    public const string Frozen = ClusterNames.Domain + "frozen";

    /// <summary>JSON: the report of the last run, or its short form where that is too long.</summary>
    public const string Report = ClusterNames.Domain + "report";

    /// <summary>Of a restore Lease: the claim that is restored.</summary>
    public const string Claim = ClusterNames.Domain + "claim";

    /// <summary>Of a restore Lease: the workload was stopped by the restore, and had so many replicas. Gone once it is started again.</summary>
    public const string Replicas = ClusterNames.Domain + "replicas";

    /// <summary>Of a restore Lease with <see cref="Replicas"/>: when the restore itself started the workload, RFC 3339. What is not settled yet is whether it gets ready.</summary>
    public const string Started = ClusterNames.Domain + "started";

    /// <summary>Of a restore Lease: the backup whose <c>commands.restore</c> was begun and has not ended well.</summary>
    public const string Script = ClusterNames.Domain + "script";

    /// <summary>Of a restore Lease: how many Jobs the webhook has made to finish the restore that stopped the workload. Written by the webhook only.</summary>
    public const string Resumes = ClusterNames.Domain + "resumes";
}
