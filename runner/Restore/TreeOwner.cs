using BackupRunner.Posix;

namespace BackupRunner.Restore;

/// <summary>Gives a tree to one owner. chown(2) takes setuid, setgid and file capabilities away, root's chown too: they are given back.</summary>
static class TreeOwner
{
    const uint SetUserOrGroup = 0b110_000_000_000;
    static readonly EntryName Capability = new("security.capability");

    public static void Change(Descriptor tree, string shown, NumericOwner owner, CancellationToken cancel) =>
        TreeWalk.Visit(tree, shown, (directory, name, status) => Change(directory, name, status, owner), cancel);

    static void Change(Descriptor directory, EntryName name, FileStatus status, NumericOwner owner)
    {
        if ((status.User, status.Group) == (owner.User, owner.Group))
            return;
        var capability = status.Kind == FileKind.RegularFile ? Capabilities(directory, name) : null;
        if (Libc.ChangeOwnerAt(directory, name.Terminated, owner.User, owner.Group, Libc.AtNoFollow) != 0)
            throw LastError.Failure($"give \"{name}\" to {owner.User}:{owner.Group}", "run as root, or leave restore.owner out");
        if (status.Kind == FileKind.RegularFile && (status.Mode & SetUserOrGroup) != 0
            && Libc.ChangeModeAt(directory, name.Terminated, status.Mode, 0) != 0)
            throw LastError.Failure($"set the mode of \"{name}\"");
        if (capability is null)
            return;
        using var file = Open(directory, name);
        if (!ExtendedAttributes.Set(file, Capability, capability))
            throw LastError.Failure($"set the capabilities of \"{name}\"");
    }

    static byte[]? Capabilities(Descriptor directory, EntryName name)
    {
        using var file = Open(directory, name);
        return ExtendedAttributes.Get(file, Capability, name.ToString());
    }

    static Descriptor Open(Descriptor directory, EntryName name) =>
        directory.OpenAt(name.Terminated, Libc.NonBlocking, 0) ?? throw LastError.Failure($"read \"{name}\"");
}
