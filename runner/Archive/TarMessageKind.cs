namespace BackupRunner.Archive;

public enum TarMessageKind
{
    /// <summary>Does not make tar fail: a file that changed, a socket, an attribute that could not be set.</summary>
    Notice,

    /// <summary>A file that could not be read or written.</summary>
    Failure,

    /// <summary>The file system is full, of bytes, of inodes or by quota.</summary>
    NoSpace,

    /// <summary>Only says that there were others.</summary>
    Summary,

    Other,
}
