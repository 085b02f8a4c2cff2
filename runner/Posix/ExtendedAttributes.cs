namespace BackupRunner.Posix;

/// <summary>The extended attributes of an open file, by their byte-exact names (xattr(7)). A file system without any has none.</summary>
static unsafe class ExtendedAttributes
{
    // What the kernel allows (XATTR_LIST_MAX, XATTR_SIZE_MAX).
    const int MostBytes = 64 * 1024;

    public static IReadOnlyList<EntryName> Names(Descriptor file, string shown)
    {
        var buffer = new byte[MostBytes];
        fixed (byte* start = buffer)
        {
            var length = Libc.ListAttributes(file, start, MostBytes);
            if (length < 0)
                return LastError.Number is Errno.NotSupported or Errno.NotImplemented
                    ? []
                    : throw LastError.Failure($"list the extended attributes of \"{shown}\"");
            var names = new List<EntryName>();
            foreach (var name in buffer.AsSpan(0, (int)length).Split((byte)0))
                if (name.Start.Value != name.End.Value)
                    names.Add(new EntryName(buffer.AsSpan(name)));
            return names;
        }
    }

    /// <returns>Null when there is no such attribute.</returns>
    public static byte[]? Get(Descriptor file, EntryName name, string shown)
    {
        var buffer = new byte[MostBytes];
        fixed (byte* start = buffer)
        {
            var length = Libc.GetAttribute(file, name.Terminated, start, MostBytes);
            if (length >= 0)
                return buffer[..(int)length];
            return LastError.Number is Errno.NoData or Errno.NotSupported
                ? null
                : throw LastError.Failure($"read the extended attribute \"{name}\" of \"{shown}\"");
        }
    }

    /// <returns>False, with the reason in <see cref="LastError"/>.</returns>
    public static bool Set(Descriptor file, EntryName name, ReadOnlySpan<byte> value)
    {
        fixed (byte* start = value)
            return Libc.SetAttribute(file, name.Terminated, start, (nuint)value.Length, 0) == 0;
    }

    /// <returns>False, with the reason in <see cref="LastError"/>.</returns>
    public static bool Remove(Descriptor file, EntryName name) => Libc.RemoveAttribute(file, name.Terminated) == 0;
}
