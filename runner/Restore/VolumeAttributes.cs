using BackupRunner.Posix;

namespace BackupRunner.Restore;

/// <summary>Reads and writes what a directory has besides its entries.</summary>
static unsafe class VolumeAttributes
{
    const long LeaveTime = (1L << 30) - 2;

    public static bool IsAcl(EntryName name) => name.Bytes.StartsWith("system.posix_acl_"u8);

    // Labels (security.selinux and its like) belong to the mount and the node; file systems' own knobs in "system." do not travel.
    static bool Travels(EntryName name) => IsAcl(name) || name.Bytes.StartsWith("user."u8) || name.Bytes.StartsWith("trusted."u8);

    public static DirectoryAttributes Read(Descriptor directory, string shown)
    {
        var status = TreeWalk.Status(directory, shown);
        var extended = new List<ExtendedAttribute>();
        foreach (var name in ExtendedAttributes.Names(directory, shown).Where(Travels))
            if (ExtendedAttributes.Get(directory, name, shown) is { } value)
                extended.Add(new ExtendedAttribute(name, Convert.ToHexStringLower(value)));
        return new DirectoryAttributes(status.Mode, status.User, status.Group, status.ModifiedSeconds, status.ModifiedNanoseconds,
            [.. extended.OrderBy(attribute => Convert.ToHexString(attribute.Name.Bytes), StringComparer.Ordinal)]);
    }

    /// <summary>Owner, then extended attributes, then mode: an ACL's mask is the mode's group bits. Writes only what differs.</summary>
    /// <returns>What this process may not change.</returns>
    public static IReadOnlyList<string> Write(Descriptor directory, string shown, DirectoryAttributes wanted)
    {
        var refused = new List<string>();
        var now = Read(directory, shown);
        if ((now.User, now.Group) != (wanted.User, wanted.Group))
            Check(Libc.ChangeOwner(directory, wanted.User, wanted.Group) == 0, $"owner {wanted.User}:{wanted.Group}", shown, refused);
        foreach (var gone in now.Extended.Where(attribute => wanted.Extended.All(other => !other.Name.Equals(attribute.Name))))
            Check(ExtendedAttributes.Remove(directory, gone.Name), $"no {gone.Name}", shown, refused);
        foreach (var attribute in wanted.Extended.Except(now.Extended))
            Check(ExtendedAttributes.Set(directory, attribute.Name, Convert.FromHexString(attribute.Value)),
                attribute.Name.ToString(), shown, refused);
        if (TreeWalk.Status(directory, shown).Mode != wanted.Mode)
            Check(Libc.ChangeMode(directory, wanted.Mode) == 0, $"mode {Convert.ToString(wanted.Mode, 8)}", shown, refused);
        if (!WriteTime(directory, shown, wanted))
            refused.Add("time of modification");
        return refused;
    }

    /// <returns>False when this process may not.</returns>
    public static bool WriteTime(Descriptor directory, string shown, DirectoryAttributes wanted)
    {
        var times = stackalloc TimeSpec[2];
        times[0] = new TimeSpec { Nanoseconds = LeaveTime };
        times[1] = new TimeSpec { Seconds = wanted.ModifiedSeconds, Nanoseconds = wanted.ModifiedNanoseconds };
        if (Libc.SetTimes(directory, times) == 0)
            return true;
        return LastError.Number is Errno.NotPermitted or Errno.NoAccess
            ? false
            : throw LastError.Failure($"set the time of \"{shown}\"");
    }

    static void Check(bool done, string what, string shown, List<string> refused)
    {
        if (done)
            return;
        if (LastError.Number is not (Errno.NotPermitted or Errno.NoAccess or Errno.NotSupported))
            throw LastError.Failure($"give \"{shown}\" its {what}");
        refused.Add(what);
    }
}
