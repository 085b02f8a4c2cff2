namespace BackupRunner.Webhook.Workloads;

/// <summary>A claim, or a template of claims, that a workload declares.</summary>
/// <param name="Names">Of the pod's volumes: several may be of one claim.</param>
/// <param name="Template">Null: one claim, <paramref name="Claim"/>, that all pods share.</param>
/// <param name="Mount">Null: there is a <paramref name="Problem"/>.</param>
/// <param name="Problem">Why no claim of it can be backed up, a sentence.</param>
sealed record DeclaredVolume(IReadOnlyList<string> Names, ClaimTemplate? Template, string? Claim, ClaimMount? Mount, string? Problem)
{
    public string Name => Names[0];

    /// <summary>Claim templates, then the pod's volumes.</summary>
    public static IReadOnlyList<DeclaredVolume> Of(ProtectedWorkload workload)
    {
        var mounts = new PodMounts(workload.Pod);
        return
        [
            .. workload.ClaimTemplates.Select(template => Of(mounts, [template.Name], template, null)),
            .. workload.Pod.ClaimVolumes.GroupBy(volume => volume.Value, volume => volume.Key).Select(claim => Of(mounts, [.. claim], null, claim.Key)),
        ];
    }

    /// <returns>Null when such a claim can be backed up; otherwise goes after its name.</returns>
    public static string? Refusal(IReadOnlyList<string> accessModes, string? volumeMode) =>
        volumeMode == "Block" ? "is a block device (volumeMode: Block); only file systems can be backed up"
        : accessModes.Contains("ReadWriteOncePod") ? "is ReadWriteOncePod, so that the pod of a backup could never mount it; make it ReadWriteOnce"
        : null;

    static DeclaredVolume Of(PodMounts pod, IReadOnlyList<string> names, ClaimTemplate? template, string? claim)
    {
        var (mount, problem) = template is not null && Refusal(template.AccessModes, template.VolumeMode) is { } refusal ? (null, refusal) : ClaimMount.Of(pod, names);
        return new DeclaredVolume(names, template, claim, mount, problem is null ? null : $"volume \"{names[0]}\" {problem}");
    }
}
