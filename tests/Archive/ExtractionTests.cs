using BackupRunner.Archive;
using BackupRunner.Reports;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Archive;

public sealed class ExtractionTests
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Symbolic_links_may_point_anywhere()
    {
        using var scratch = new Scratch();
        var target = scratch.Folder("target");
        var archive = await Write(scratch, new TarBytes().SymbolicLink("absolute", "/etc/passwd").SymbolicLink("up", "../../x").SymbolicLink("self", ".").End());

        await Archives.Unpack(archive, target);

        Assert.Equal("/etc/passwd ../../x .", Shell.Bash($"cd '{target}'; echo $(readlink absolute up self)").Trim());
    }

    [Fact]
    public async Task What_belongs_to_the_volume_is_left_out_with_a_warning()
    {
        using var scratch = new Scratch();
        var target = scratch.Folder("target");
        scratch.File("target/lost+found/kept", "kept");
        var archive = await Write(scratch, new TarBytes()
            .Directory("./").Directory("./lost+found/").File("./lost+found/1", "evil").File(".backup-restore/x/journal").Directory("sub")
            .File("sub/lost+found").File("lost+found2").Pax('x', ("path", "lost+found/pax")).File("short").File("last").End());

        var result = await Archives.Unpack(archive, target);

        Assert.Equal("last lost+found lost+found/kept lost+found2 sub sub/lost+found", Shell.Bash($"cd '{target}'; find . -mindepth 1 -printf '%P\\n' | sort | xargs").Trim());
        Assert.Equal(
            ["left out, it belongs to the volume and not to its data x4: ./lost+found/ ./lost+found/1 .backup-restore/x/journal lost+found/pax"],
            result.Warnings.Select(Archives.Show));
        Assert.Equal((4, 3), (result.Counts.Entries, result.Counts.Files));
    }

    [Fact]
    public async Task What_follows_the_end_mark_is_ignored_as_by_gnu_tar()
    {
        using var scratch = new Scratch();
        var target = scratch.Folder("target");
        byte[] tar = [.. new TarBytes().File("in").End(), .. new TarBytes().File("/after").End(), .. Data.Random(3000)];

        await Archives.Unpack(await Write(scratch, tar), target);

        Assert.Equal("in", Shell.Run("ls", "-A", target).Trim());
    }

    [Fact]
    public async Task An_archive_that_is_cut_anywhere_is_never_a_success()
    {
        var tar = new TarBytes().Directory("./").File("a").Pax('x', ("path", "b"), ("mtime", "1.5")).File("short", new string('b', 700))
            .Long('L', new string('l', 120)).SymbolicLink("l", "x").End();

        for (var length = 0; length < tar.Length; length += length % 512 is 0 or 511 ? 1 : 73)
        {
            var filter = new TarFilterStream(Stream.Null, new ExtractRules(), new WarningList());
            await filter.WriteAsync(tar.AsMemory(0, length), Cancel);
            var refused = Assert.Throws<RunnerException>(filter.Complete);
            Assert.Equal(ExitCode.Integrity, refused.ExitCode);
            Assert.StartsWith("the archive is cut short: ", refused.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(512)]
    [InlineData(700)]
    [InlineData(1024)]
    [InlineData(1536)]
    public async Task A_cut_archive_in_a_whole_gzip_file_is_refused(int length)
    {
        using var scratch = new Scratch();
        var archive = await Write(scratch, new TarBytes().File("a", "content").End()[..length]);

        var whenChecked = await Assert.ThrowsAsync<RunnerException>(() => Archives.Check(archive));
        var whenExtracted = await Assert.ThrowsAsync<RunnerException>(() => Archives.Unpack(archive, scratch.Folder("target")));

        Assert.Equal(ExitCode.Integrity, whenExtracted.ExitCode);
        Assert.StartsWith("the archive is cut short: its tar data ", whenExtracted.Message, StringComparison.Ordinal);
        Assert.Equal(whenExtracted.Message, whenChecked.Message);
    }

    [Fact]
    public async Task A_damaged_archive_wins_over_what_tar_says_about_it()
    {
        using var scratch = new Scratch();
        var gzip = await Archives.Gzip(new TarBytes().File("big", new string('x', 5_000_000)).End());
        var archive = scratch["cut.gz"];
        await File.WriteAllBytesAsync(archive, gzip[..^40], Cancel);

        var refused = await Assert.ThrowsAsync<RunnerException>(() => Archives.Unpack(archive, scratch.Folder("target")));

        Assert.Equal(ExitCode.Integrity, refused.ExitCode);
        Assert.Equal("the archive is cut short: its gzip data ends in the middle", refused.Message);
    }

    [Theory]
    [InlineData("size=3m", "for i in 1 2 3 4 5 6 7 8 9; do head -c 1000000 /dev/urandom > $i; done")]
    [InlineData("nr_inodes=20", "touch {1..100}")]
    public async Task A_full_volume_is_said_in_that_word(string limit, string content)
    {
        using var scratch = new Scratch();
        var source = scratch.Folder("source");
        Shell.Bash($"cd '{source}'; {content}");
        await Archives.Pack(source, scratch["archive.gz"]);
        var target = scratch.Folder("target");
        Shell.Run("mount", "-t", "tmpfs", "-o", limit, "none", target);
        try
        {
            var refused = await Assert.ThrowsAsync<RunnerException>(() => Archives.Unpack(scratch["archive.gz"], target));

            Assert.Equal(ExitCode.Volume, refused.ExitCode);
            Assert.Contains("No space left on device", refused.Message, StringComparison.Ordinal);
        }
        finally
        {
            Shell.Run("umount", target);
        }
    }

    [Fact]
    public async Task A_target_that_cannot_be_written_fails_with_tars_words_and_escaped_names()
    {
        using var scratch = new Scratch();
        var source = scratch.Folder("source");
        Shell.Bash($"cd '{source}'; touch $'a\\n\\xff' ");
        await Archives.Pack(source, scratch["archive.gz"]);
        var target = scratch.Folder("target");
        Shell.Run("mount", "-t", "tmpfs", "-o", "ro", "none", target);
        try
        {
            var refused = await Assert.ThrowsAsync<RunnerException>(() => Archives.Unpack(scratch["archive.gz"], target));

            Assert.Equal(ExitCode.Volume, refused.ExitCode);
            Assert.Contains("\"./a\\x0a\\xff\": Cannot open: Read-only file system", refused.Message, StringComparison.Ordinal);
        }
        finally
        {
            Shell.Run("umount", target);
        }
    }

    [Fact]
    public async Task A_missing_target_is_an_error_of_the_volume()
    {
        using var scratch = new Scratch();
        var archive = await Write(scratch, new TarBytes().File("in").End());

        var refused = await Assert.ThrowsAsync<RunnerException>(() => Archives.Unpack(archive, scratch["nowhere"]));

        Assert.Equal((ExitCode.Volume, $"there is no directory \"{scratch["nowhere"]}\""), (refused.ExitCode, refused.Message));
    }

    [Fact]
    public async Task What_could_not_be_set_is_a_warning()
    {
        using var scratch = new Scratch();
        var target = scratch.Folder("target");
        var archive = await Write(scratch, new TarBytes().Pax('x', ("SCHILY.xattr.security.capability", "junk")).File("in").End());

        var result = await Archives.Unpack(archive, target);

        Assert.Equal(["cannot set extended attribute \"security.capability\": Invalid argument x1: ./in"],
            result.Warnings.Select(Archives.Show).Select(text => text.Replace(": in", ": ./in", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Cancelling_kills_tar_and_leaves_no_process()
    {
        using var scratch = new Scratch();
        var target = scratch.Folder("target");
        var archive = await Archives.Gzip(new TarBytes().File("big", new string('x', 9_000_000)).Cut());
        var source = new GatedSource(archive);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var unpack = Unpacker.Unpack(source, target, null, 1, null, cancel.Token);

        await source.Entered;
        Assert.NotEmpty(Processes.With(target));
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => unpack);
        Assert.Empty(Processes.With(target));
    }

    [Fact]
    public async Task A_killed_tar_is_told_apart_from_a_failed_one()
    {
        using var scratch = new Scratch();
        var target = scratch.Folder("target");
        byte[] archive = [.. await Archives.Gzip(new TarBytes().File("big", new string('x', 9_000_000)).Cut()), .. await Archives.Gzip(new TarBytes().File("more", new string('y', 9_000_000)).End())];
        var source = new GatedSource(archive, archive.Length / 2);
        var unpack = Unpacker.Unpack(source, target, null, 1, null, Cancel);

        await source.Entered;
        Shell.Run("kill", "-9", Assert.Single(Processes.With(target)));
        source.Open();

        var refused = await Assert.ThrowsAsync<RunnerException>(() => unpack);
        Assert.Equal((ExitCode.Command, "tar was killed by signal 9"), (refused.ExitCode, refused.Message));
    }

    [Fact]
    public async Task Progress_ends_at_the_length_of_the_tar_data_and_is_not_told_too_often()
    {
        using var scratch = new Scratch();
        var tar = new TarBytes().File("big", new string('x', 9_000_000)).End();
        var archive = await Write(scratch, tar);
        var told = new Told();
        await using var source = File.OpenRead(archive);

        await Unpacker.Unpack(source, scratch.Folder("target"), null, 2, told, Cancel);

        Assert.Equal(told.Values.Order(), told.Values);
        Assert.InRange(told.Values[^1], tar.Length - (1 << 20), tar.Length);
        Assert.InRange(told.Values.Count, 5, 30);
    }

    static async Task<string> Write(Scratch scratch, byte[] tar)
    {
        var file = scratch["made.gz"];
        await File.WriteAllBytesAsync(file, await Archives.Gzip(tar), Cancel);
        return file;
    }
}
