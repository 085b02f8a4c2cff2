using System.Runtime.InteropServices;

namespace BackupRunner.Archive;

/// <summary>
/// A directory's ACLs (acl(5)), kept in extended attributes. What tar creates below a directory with a default ACL inherits it, and would
/// come to more permissions than the archive has.
/// </summary>
public static partial class InheritedAcl
{
    /// <summary>Removes them where there are any; on a file system without ACLs there are none.</summary>
    public static void Remove(string directory)
    {
        _ = RemoveXattr(directory, "system.posix_acl_default");
        _ = RemoveXattr(directory, "system.posix_acl_access");
    }

    [LibraryImport("libc", EntryPoint = "removexattr", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RemoveXattr(string path, string name);
}
