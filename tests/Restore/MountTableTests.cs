using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Restore;

public sealed class MountTableTests
{
    [Fact]
    public void Finds_what_is_mounted_strictly_below()
    {
        using var scratch = new Scratch();
        var volume = scratch.Folder("volu me");
        using var itself = TemporaryMount.Memory(volume, "size=1m");
        using var neighbour = TemporaryMount.Memory(scratch["volu me2"], "size=1m");
        using var first = TemporaryMount.Memory(Path.Combine(volume, "a b\\c\td"), "size=1m");
        using var second = TemporaryMount.Memory(Path.Combine(volume, "x", "y"), "size=1m");
        Assert.Equal([$"{volume}/a b\\\\c\\x09d", $"{volume}/x/y"], Volume(volume).Order(StringComparer.Ordinal));
        Assert.Equal(4, Volume(scratch.Path).Count);
        Assert.Empty(Volume(scratch["volu me2"]));
    }

    static IReadOnlyList<string> Volume(string path)
    {
        using var volume = BackupRunner.Restore.Volume.OpenToRead(path);
        return volume.Mounts();
    }
}
