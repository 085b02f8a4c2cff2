using BackupRunner.Posix;

namespace BackupRunner.Archive;

/// <summary>Puts an entry together from its header and what stood before it.</summary>
public static class TarEntryReader
{
    /// <returns>Either the entry or what is wrong with it.</returns>
    public static (TarEntry? Entry, string Problem) Read(TarHeader header, TarMeta meta, long payloadBytes)
    {
        var name = meta.Name ?? Join(header.Prefix, header.Name);
        var link = meta.Link ?? header.Link.ToArray();
        if (Kind(header.Type, name) is not { } kind)
            return (null, $"\"{ByteName.Show(name)}\" is of the unknown type \"{ByteName.Show([header.Type])}\"");
        // Where only GNU's own headers have it (ours come from GNU tar), others mean something else or nothing by it.
        if (header.Type == 'S' && !header.IsGnu)
            return (null, $"\"{ByteName.Show(name)}\" is a sparse file in a header that is not GNU's");
        // Tars differ on whether such data is there; what one skips another reads as headers.
        if (kind != TarEntryKind.File && payloadBytes != 0)
            return (null, $"\"{ByteName.Show(name)}\" has data and is no regular file");
        var apparent = meta.RealSize ?? payloadBytes;
        if (header.Type == 'S')
        {
            if (TarNumber.Parse(header.RealSizeField) is not { } realSize)
                return (null, $"\"{ByteName.Show(name)}\" is a sparse file without a usable size");
            apparent = realSize;
        }
        return (new TarEntry(kind, name, IsLink(kind) ? link : [], payloadBytes, apparent, meta.AttributeBytes, meta.HasTextAcl), "");
    }

    static TarEntryKind? Kind(byte type, byte[] name) => (char)type switch
    {
        // Before POSIX, a directory was a file whose name ends in a slash; GNU tar still reads it so.
        '\0' or '0' or '7' => name is [.., (byte)'/'] ? TarEntryKind.Directory : TarEntryKind.File,
        'S' => TarEntryKind.File,
        '1' => TarEntryKind.HardLink,
        '2' => TarEntryKind.SymbolicLink,
        '3' or '4' => TarEntryKind.Device,
        '5' => TarEntryKind.Directory,
        '6' => TarEntryKind.Fifo,
        _ => null,
    };

    static bool IsLink(TarEntryKind kind) => kind is TarEntryKind.HardLink or TarEntryKind.SymbolicLink;

    static byte[] Join(ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> name) =>
        prefix.IsEmpty ? name.ToArray() : [.. prefix, (byte)'/', .. name];
}
