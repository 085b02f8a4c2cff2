using System.Runtime.InteropServices;
using BackupRunner.Posix;

namespace BackupRunner.Restore;

/// <summary>The open root of a volume, and the way from it to a directory: name by name, never through a symbolic link.</summary>
sealed class VolumeRoot(Descriptor root, string path) : IDisposable
{
    public Descriptor Directory => root;

    /// <summary>Absolute, without symbolic links.</summary>
    public string Path => path;

    public void Dispose() => root.Dispose();

    public string Show(string directory) => directory == RestoreLayout.Root ? path : System.IO.Path.Combine(path, directory);

    /// <param name="what">What cannot be done without it: <c>move "a"</c>.</param>
    public Descriptor Open(string directory, string what) => Walk(directory) ?? throw LastError.Failure(what);

    public Descriptor Open(string directory) => Open(directory, $"read \"{Show(directory)}\"");

    /// <returns>Null only when it, or a directory on the way to it, is not there.</returns>
    public Descriptor? TryOpen(string directory) => Walk(directory)
        ?? (LastError.Number == Errno.NoEntry ? null : throw LastError.Failure($"read \"{Show(directory)}\""));

    public (Descriptor Parent, EntryName Name) OpenParent(string entry)
    {
        var (parent, name) = TryOpenParent(entry);
        return (parent ?? throw LastError.Failure(Errno.NoEntry, $"open the directory of \"{Show(entry)}\""), name);
    }

    public (Descriptor? Parent, EntryName Name) TryOpenParent(string entry)
    {
        var slash = entry.LastIndexOf('/');
        return (TryOpen(slash < 0 ? RestoreLayout.Root : entry[..slash]), new EntryName(entry[(slash + 1)..]));
    }

    // With a path, the kernel would follow a symbolic link in its middle.
    Descriptor? Walk(string directory)
    {
        var current = root.OpenDirectoryAt(".\0"u8);
        foreach (var name in directory.Split('/'))
        {
            if (current is null || name == RestoreLayout.Root)
                continue;
            var next = current.OpenDirectoryAt(Libc.Terminated(name));
            var reason = LastError.Number;
            current.Dispose();
            current = next;
            Marshal.SetLastPInvokeError((int)reason);
        }
        return current;
    }
}
