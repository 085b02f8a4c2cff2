namespace BackupRunner.Webhook.Workloads;

/// <summary>What the cluster holds, from memory: no call of it waits. Both admission and the loop look here.</summary>
public interface IClusterView
{
    /// <summary>Also one that is not protected.</summary>
    ProtectedWorkload? Workload(WorkloadId id);

    PolicyObject? Policy(string @namespace, string name);

    VolumeClaim? Claim(string @namespace, string name);

    IEnumerable<VolumeClaim> Claims(string @namespace);

    /// <summary>Those whose annotation names a policy.</summary>
    IEnumerable<ProtectedWorkload> Protected();
}
