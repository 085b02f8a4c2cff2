using BackupRunner.Policy.Reading;

namespace BackupRunner.Webhook.Workloads;

/// <summary>Where the pods of a workload have a claim.</summary>
/// <param name="Container">The default one if it has the claim mounted, else the first that has; not always at this path.</param>
/// <param name="SubPath">Null: all of the volume.</param>
sealed record ClaimMount(string Container, string Path, string? SubPath)
{
    /// <summary>Sub-paths in one message.</summary>
    const int NamedParts = 20;

    /// <param name="pod">All mounts of it.</param>
    /// <param name="volumes">Those of one claim.</param>
    /// <returns>The mount that shows all that the workload has of the claim, or why there is none; goes after the claim's name.</returns>
    public static (ClaimMount? Mount, string? Problem) Of(PodMounts pod, IReadOnlyCollection<string> volumes)
    {
        if (pod.DeviceOf(volumes) is { } raw)
            return (null, $"is a block device of container \"{raw}\"; only file systems can be backed up");
        var mounts = pod.Of(volumes);
        if (mounts.Count == 0)
            return (null, "is mounted by no container");
        // A mount of the whole volume shows whatever others have parts of. Whose data it is, is no matter of that: a shipper of logs may have it.
        if (mounts.Find(found => found.Mount is { SubPath: null, SubPathExpr: null }) is { Mount: { } whole })
            return (new ClaimMount(mounts[0].Container, whole.Path, null), null);
        if (mounts.Find(found => found.Mount.SubPathExpr is not null) is { Mount: { } computed } at)
            return (null, $"is mounted by container \"{at.Container}\" with subPathExpr {Quoted.Of(computed.SubPathExpr!)}, which only that container can resolve; use subPath");
        var parts = mounts.Select(found => found.Mount.SubPath!.Trim('/')).Distinct(StringComparer.Ordinal).ToList();
        if (parts.Count > 1)
            return (null, $"is mounted by several sub-paths ({string.Join(", ", parts.Take(NamedParts).Select(Quoted.Of))}), of which a backup would hold one; give each a claim of its own");
        return (new ClaimMount(mounts[0].Container, mounts[0].Mount.Path, mounts[0].Mount.SubPath), null);
    }
}
