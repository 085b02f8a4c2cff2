namespace BackupRunner.Templates;

/// <summary>What a command template can name: <c>Values.*</c>, <c>Backup.*</c> and <c>Workload.*</c>.</summary>
/// <param name="Values">
/// The policy's free map. A value is text (<see cref="string"/>), a whole number (<see cref="long"/>), a <see cref="double"/>, a
/// <see cref="bool"/>, null, an <c>IReadOnlyList&lt;object?&gt;</c> or an <c>IReadOnlyDictionary&lt;string, object?&gt;</c> of the same.
/// </param>
public sealed record TemplateModel(IReadOnlyDictionary<string, object?> Values, BackupNames Backup, WorkloadNames Workload);

/// <summary>The members of <c>Backup</c>: <c>id</c>, <c>time</c>, <c>archivePath</c>, <c>checksumPath</c>.</summary>
/// <param name="Time">RFC 3339.</param>
public sealed record BackupNames(string Id, string Time, string ArchivePath, string ChecksumPath);

/// <summary>
/// The members of <c>Workload</c>: <c>kind</c>, <c>name</c>, <c>namespace</c>, <c>pod</c>, <c>container</c>, <c>claim</c>.
/// Outside a cluster <paramref name="Pod"/> and <paramref name="Container"/> are empty.
/// </summary>
public sealed record WorkloadNames(string Kind, string Name, string Namespace, string Pod, string Container, string Claim);
