using Microsoft.Win32.SafeHandles;

namespace BackupRunner.Posix;

/// <summary>An open file or directory, closed with its owner.</summary>
sealed class Descriptor : SafeHandleMinusOneIsInvalid
{
    public Descriptor() : base(true)
    {
    }

    Descriptor(int number) : base(true) => SetHandle(number);

    /// <summary>Opens a path that the user gave, following symbolic links.</summary>
    /// <returns>Null, with the reason in <see cref="LastError"/>.</returns>
    public static Descriptor? OpenDirectory(string path) =>
        Opened(Libc.OpenAt(Libc.AtCurrentDirectory, Libc.Terminated(path), Libc.OnlyDirectory | Libc.CloseOnExec, 0));

    /// <summary>Opens the directory <paramref name="name"/> in this one, never through a symbolic link.</summary>
    /// <returns>Null, with the reason in <see cref="LastError"/>.</returns>
    public Descriptor? OpenDirectoryAt(ReadOnlySpan<byte> name) => OpenAt(name, Libc.OnlyDirectory, 0);

    /// <summary>Opens <paramref name="name"/> in this directory, never through a symbolic link.</summary>
    /// <returns>Null, with the reason in <see cref="LastError"/>.</returns>
    public Descriptor? OpenAt(ReadOnlySpan<byte> name, int flags, uint mode)
    {
        var added = false;
        try
        {
            DangerousAddRef(ref added);
            return Opened(Libc.OpenAt((int)handle, name, flags | Libc.NoFollow | Libc.CloseOnExec, mode));
        }
        finally
        {
            if (added)
                DangerousRelease();
        }
    }

    static Descriptor? Opened(int number) => number < 0 ? null : new Descriptor(number);

    protected override bool ReleaseHandle() => Libc.Close((int)handle) == 0;
}
