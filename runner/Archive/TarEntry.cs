using BackupRunner.Posix;

namespace BackupRunner.Archive;

public enum TarEntryKind
{
    File,
    HardLink,
    SymbolicLink,
    Device,
    Directory,
    Fifo,
}

/// <summary>One entry of a tar file, its name and link target put together from all headers that belong to it.</summary>
/// <param name="Name">As archived: with "./", doubled and trailing slashes.</param>
/// <param name="Link">The target of a link, as archived; else empty.</param>
/// <param name="PayloadBytes">What is stored after the header, without padding.</param>
/// <param name="ApparentBytes">Size with holes.</param>
/// <param name="AttributeBytes">Extended attributes, for what they take on disk.</param>
/// <param name="HasTextAcl">The archive has an access control list as text (SCHILY.acl), with user names in it.</param>
public sealed record TarEntry(
    TarEntryKind Kind, byte[] Name, byte[] Link, long PayloadBytes, long ApparentBytes, long AttributeBytes, bool HasTextAcl)
{
    public string ShownName => ByteName.Show(Name);
}
