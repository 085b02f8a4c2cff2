namespace BackupRunner.Tests.Support;

/// <summary>A small file system of a test's own, unmounted with it. Needs root.</summary>
public sealed class Mounted : IDisposable
{
    readonly Scratch scratch = new();

    Mounted(string options)
    {
        Path = scratch.Folder("mnt");
        Shell.Run("mount", "-t", "tmpfs", "-o", options, "br-test", Path);
    }

    public string Path { get; }

    /// <param name="options">tmpfs(5): <c>size=1m,nr_inodes=100</c>.</param>
    public static Mounted Tmpfs(string options) => new(options);

    public void Remount(string options) => Shell.Run("mount", "-o", "remount," + options, Path);

    public void Dispose()
    {
        Shell.Run("umount", "-l", Path);
        scratch.Dispose();
    }
}
