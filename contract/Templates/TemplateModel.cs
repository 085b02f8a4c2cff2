using BackupRunner.Names;

namespace BackupRunner.Templates;

/// <summary>What a command template can name: <c>Values.*</c>, <c>Backup.*</c> and <c>Workload.*</c>.</summary>
/// <param name="Values">
/// The policy's free map. A value is text (<see cref="string"/>), a whole number (<see cref="long"/>), a <see cref="double"/>, a
/// <see cref="bool"/>, null, an <c>IReadOnlyList&lt;object?&gt;</c> or an <c>IReadOnlyDictionary&lt;string, object?&gt;</c> of the same.
/// </param>
public sealed record TemplateModel(IReadOnlyDictionary<string, object?> Values, BackupNames Backup, WorkloadNames Workload)
{
    /// <summary>What every command of a policy sees, whoever runs it.</summary>
    /// <param name="values">The policy's own, which win.</param>
    /// <param name="dataPath">Where the container has the volume; null: unknown.</param>
    public static TemplateModel Of(IReadOnlyDictionary<string, object?> values, string? dataPath, BackupId id, string archivePath, WorkloadNames workload)
    {
        var all = new Dictionary<string, object?>(values);
        if (dataPath is not null)
            all.TryAdd("dataPath", dataPath);
        return new TemplateModel(
            all, new BackupNames(id.Text, id.Time.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", null), archivePath, archivePath + BackupKeys.ChecksumSuffix), workload);
    }
}

/// <summary>The members of <c>Backup</c>: <c>id</c>, <c>time</c>, <c>archivePath</c>, <c>checksumPath</c>.</summary>
/// <param name="Time">RFC 3339.</param>
public sealed record BackupNames(string Id, string Time, string ArchivePath, string ChecksumPath)
{
    /// <summary>Where a run has its archive when it is not told.</summary>
    public const string DefaultArchivePath = "/backup/backup.tar.gz";
}

/// <summary>
/// The members of <c>Workload</c>: <c>kind</c>, <c>name</c>, <c>namespace</c>, <c>pod</c>, <c>container</c>, <c>claim</c>.
/// Outside a cluster <paramref name="Pod"/> and <paramref name="Container"/> are empty.
/// </summary>
public sealed record WorkloadNames(string Kind, string Name, string Namespace, string Pod, string Container, string Claim);
