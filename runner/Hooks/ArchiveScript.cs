namespace BackupRunner.Hooks;

/// <summary>A rendered script that makes or takes an archive at a path of the host.</summary>
/// <param name="PolicyPath"><see cref="BackupPath"/> or <see cref="RestorePath"/>.</param>
/// <param name="ArchivePath">Absolute; the script finds it in its template as <c>Backup.archivePath</c>.</param>
public sealed record ArchiveScript(string PolicyPath, string Text, string ArchivePath, TimeSpan Timeout)
{
    public const string BackupPath = "backup.commands.backup";
    public const string RestorePath = "backup.commands.restore";
    public const string TimeoutPath = "backup.commands.timeout";

    /// <summary>The archive that is put in place may be read by another user: the script runs as one, in a pod where nobody else can see it.</summary>
    public bool ReadableByAll { get; init; }

    // The script may hold secrets.
    public override string ToString() => PolicyPath;
}
