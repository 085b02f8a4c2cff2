namespace BackupRunner.Webhook.Workloads;

/// <summary>A PersistentVolumeClaim that exists.</summary>
/// <param name="VolumeMode"><c>Filesystem</c> or <c>Block</c>; null is the first.</param>
public sealed record VolumeClaim(string Namespace, string Name, IReadOnlyList<string> AccessModes, string? VolumeMode, bool IsBeingDeleted);
