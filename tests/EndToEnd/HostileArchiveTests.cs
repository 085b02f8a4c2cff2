using System.Formats.Tar;
using System.IO.Compression;
using BackupRunner.Names;
using BackupRunner.Tests.Archive;
using BackupRunner.Tests.Backups;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.EndToEnd;

/// <summary>An archive that somebody else put into the store, with a manifest and a checksum to match.</summary>
public sealed class HostileArchiveTests : IDisposable
{
    readonly Laptop laptop = new();

    public void Dispose() => laptop.Dispose();

    [Theory]
    [InlineData("absolute")]
    [InlineData("dots")]
    [InlineData("through a symlink")]
    [InlineData("hard link out")]
    [InlineData("hard link through a symlink")]
    [InlineData("device")]
    public async Task Is_refused_nothing_outside_is_touched_and_nothing_inside_is_lost(string attack)
    {
        var victim = laptop.Scratch.File("victim/file", "untouched");
        laptop.Scratch.File("data/mine", "mine");
        await laptop.BackUp();
        await Replace(attack, laptop.Scratch["victim"]);
        var before = OddTree.Fingerprint(laptop.Data);
        foreach (var mode in new string[][] { ["restore", "--latest"], ["restore", "--latest", "--in-place"], ["verify", "--latest"] })
        {
            (await laptop.Run(mode[0], mode[1..])).Exited(5);
            Assert.Equal(before, OddTree.Fingerprint(laptop.Data));
            Assert.Equal(["file"], Directory.GetFileSystemEntries(laptop.Scratch["victim"]).Select(Path.GetFileName));
            Assert.Equal("untouched", await File.ReadAllTextAsync(victim, TestContext.Current.CancellationToken));
        }
    }

    async Task Replace(string attack, string victim)
    {
        var archive = Path.Join(laptop.Folder(), BackupKeys.ArchiveName);
        await using (var gzip = new GZipStream(File.Create(archive), CompressionLevel.Fastest))
        await using (var tar = new TarWriter(gzip, TarEntryFormat.Pax))
        {
            foreach (var entry in Entries(attack, victim))
                await tar.WriteEntryAsync(entry, TestContext.Current.CancellationToken);
        }
        Shell.Bash($"cd {laptop.Folder()}; sha256sum backup.tar.gz >backup.tar.gz.sha256");
        Forged.Manifest(laptop.Folder());
    }

    static IEnumerable<TarEntry> Entries(string attack, string victim)
    {
        yield return new PaxTarEntry(TarEntryType.Directory, "./");
        switch (attack)
        {
            case "absolute":
                yield return Entry(victim + "/new");
                break;
            case "dots":
                yield return Entry("./a/../../victim/new");
                break;
            case "through a symlink":
                yield return new PaxTarEntry(TarEntryType.SymbolicLink, "./link") { LinkName = victim };
                yield return Entry("./link/file");
                break;
            case "hard link out":
                yield return new PaxTarEntry(TarEntryType.HardLink, "./hard") { LinkName = victim + "/file" };
                break;
            case "hard link through a symlink":
                yield return new PaxTarEntry(TarEntryType.SymbolicLink, "./link") { LinkName = victim };
                yield return new PaxTarEntry(TarEntryType.HardLink, "./hard") { LinkName = "./link/file" };
                break;
            case "device":
                yield return new PaxTarEntry(TarEntryType.CharacterDevice, "./null") { DeviceMajor = 1, DeviceMinor = 3 };
                break;
        }
    }

    static PaxTarEntry Entry(string name) => new(TarEntryType.RegularFile, name) { DataStream = new MemoryStream("hostile"u8.ToArray()) };
}
