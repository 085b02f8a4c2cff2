using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Restore;

/// <summary>A mount of one test, gone with it.</summary>
sealed class TemporaryMount : IDisposable
{
    readonly string point;

    TemporaryMount(string point, params string[] arguments)
    {
        Directory.CreateDirectory(point);
        Shell.Run("mount", [.. arguments, point]);
        this.point = point;
    }

    public static TemporaryMount Memory(string point, string options) => new(point, "-t", "tmpfs", "-o", options, "tmpfs");

    public static TemporaryMount Bind(string from, string point) => new(point, "--bind", from);

    public static TemporaryMount BindReadOnly(string from, string point)
    {
        var mount = Bind(from, point);
        Shell.Run("mount", "-o", "remount,ro,bind", point);
        return mount;
    }

    public void Dispose() => Shell.Run("umount", "-l", point);
}
