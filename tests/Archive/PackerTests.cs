using BackupRunner.Archive;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Archive;

public sealed class PackerTests
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_empty_directory_is_an_archive_that_is_empty()
    {
        using var scratch = new Scratch();
        var source = scratch.Folder("source");
        Shell.Bash($"mkdir '{source}/lost+found' '{source}/.backup-restore'; echo x > '{source}/.backup-restore/journal'; chmod 700 '{source}'");

        var packed = await Archives.Pack(source, scratch["archive.gz"]);
        await Archives.Unpack(scratch["archive.gz"], scratch.Folder("target"));

        Assert.Equal("10240", Shell.Bash($"zcat {scratch["archive.gz"]} | wc -c").Trim());
        Assert.True(packed.Counts.IsEmpty);
        Assert.Equal(new TarCounts(0, 0, 0, 0, packed.Counts.TarBytes, 0) { HasRoot = true }, packed.Counts);
        Assert.Equal("700", Shell.Run("stat", "-c", "%a", scratch["target"]).Trim());
        Assert.Empty(Directory.GetFileSystemEntries(scratch["target"]));
    }

    [Fact]
    public async Task Times_of_access_and_process_ids_are_not_stored_so_that_equal_trees_give_equal_archives()
    {
        using var scratch = new Scratch();
        var source = scratch.Folder("source");
        scratch.File("source/a", "a");
        await Archives.Pack(source, scratch["1.gz"]);
        Shell.Bash($"touch -a -d 2030-01-01 '{source}/a' '{source}'; chmod 644 '{source}/a'");
        await Archives.Pack(source, scratch["2.gz"]);

        Shell.Run("cmp", scratch["1.gz"], scratch["2.gz"]);
    }

    [Fact]
    public async Task A_hundred_thousand_small_files_come_back()
    {
        using var scratch = new Scratch("/dev/shm");
        var source = scratch.Folder("source");
        Shell.Bash($"cd '{source}'; mkdir {{0..99}}; head -c 4096 /dev/urandom > block; for d in {{0..99}}; do for f in {{0..999}}; do echo $d/$f; done; done | xargs -n 1000 sh -c 'tee -- \"$@\" < block > /dev/null' tee");

        var packed = await Archives.Pack(source, scratch["archive.gz"]);
        var target = scratch.Folder("target");
        var unpacked = await Archives.Unpack(scratch["archive.gz"], target);

        Assert.Equal((100_001, 100_001L * 4096), (packed.Counts.Files, packed.Counts.Bytes));
        Assert.Equal(packed.Counts, unpacked.Counts);
        Shell.Run("diff", "-r", "-q", source, target);
    }

    [Fact]
    public async Task A_file_of_two_gigabytes_streams_through()
    {
        using var scratch = new Scratch();
        var source = scratch.Folder("source");
        // Allocated and not a hole for tar, which reads it through, but no data that the disk must take.
        Shell.Bash($"cd '{source}'; fallocate -l 2147483649 big; printf end | dd of=big bs=1 seek=2147483646 conv=notrunc status=none");

        var target = new CountingStream();
        await using var gzip = new GzipMembersStream(target, 1, 2);
        var packed = await Packer.Pack(source, [], gzip, null, Cancel);
        await gzip.Complete(Cancel);

        Assert.Equal((1, 2147483649), (packed.Counts.Files, packed.Counts.Bytes));
        Assert.True(packed.Counts.TarBytes > 2147483649);
    }
}
