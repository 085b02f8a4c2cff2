using BackupRunner.Posix;

namespace BackupRunner.Restore;

/// <summary>
/// What a directory has besides its entries. <paramref name="Mode"/> is 12 bits; <paramref name="Extended"/> are its extended
/// attributes, POSIX ACLs among them, in the order of their names; security labels are the node's and not part of it.
/// </summary>
public sealed record DirectoryAttributes(
    uint Mode, uint User, uint Group, long ModifiedSeconds, uint ModifiedNanoseconds,
    IReadOnlyList<ExtendedAttribute> Extended);

/// <param name="Value">Lower-case hex.</param>
public sealed record ExtendedAttribute(EntryName Name, string Value);
