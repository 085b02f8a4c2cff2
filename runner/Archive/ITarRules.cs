namespace BackupRunner.Archive;

/// <summary>Judges the entries of an archive, in their order.</summary>
public interface ITarRules
{
    /// <summary>What becomes of bytes after the end mark.</summary>
    TarVerdict AfterEnd { get; }

    /// <returns>False to leave the entry out, with a warning.</returns>
    /// <exception cref="RunnerException">The archive is refused.</exception>
    bool Allows(TarEntry entry, WarningList warnings);
}
