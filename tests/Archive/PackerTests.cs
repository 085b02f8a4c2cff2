using BackupRunner.Archive;
using BackupRunner.Reports;
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

        Assert.True(packed.Counts.IsEmpty);
        Assert.Equal(new TarCounts(0, 0, 0, 0, packed.Counts.TarBytes, 0), packed.Counts);
        Assert.Equal("700", Shell.Run("stat", "-c", "%a", scratch["target"]).Trim());
        Assert.Empty(Directory.GetFileSystemEntries(scratch["target"]));
    }

    [Fact]
    public async Task Leaves_out_lost_and_found_and_staging_at_the_top_only()
    {
        using var scratch = new Scratch();
        var source = scratch.Folder("source");
        Shell.Bash($"cd '{source}'; mkdir -p lost+found/x .backup-restore/y sub/lost+found sub/.backup-restore lost+found2 xlost+found; touch lost.found");

        Assert.Equal("./lost+found2/ ./lost.found ./sub/ ./sub/.backup-restore/ ./sub/lost+found/ ./xlost+found/", await Listed(source));
    }

    [Theory]
    [InlineData("*.log", "./.hidden ./a ./b/ ./b/.hidden ./b/[x] ./b/c/ ./b/c/a ./b/c/deep.txt ./log/ ./log/keep ./é")]
    [InlineData("a", "./.hidden ./b/ ./b/.hidden ./b/[x] ./b/c/ ./b/c/deep.txt ./b/x.log ./log/ ./log/keep ./x.log ./é")]
    [InlineData("/a", "./.hidden ./b/ ./b/.hidden ./b/[x] ./b/c/ ./b/c/a ./b/c/deep.txt ./b/x.log ./log/ ./log/keep ./x.log ./é")]
    [InlineData("b/*", "./.hidden ./a ./b/ ./log/ ./log/keep ./x.log ./é")]
    [InlineData("*/c", "./.hidden ./a ./b/ ./b/.hidden ./b/[x] ./b/x.log ./log/ ./log/keep ./x.log ./é")]
    [InlineData("*/a", "./.hidden ./a ./b/ ./b/.hidden ./b/[x] ./b/c/ ./b/c/a ./b/c/deep.txt ./b/x.log ./log/ ./log/keep ./x.log ./é")]
    [InlineData("./b//c/", "./.hidden ./a ./b/ ./b/.hidden ./b/[x] ./b/x.log ./log/ ./log/keep ./x.log ./é")]
    [InlineData(".*", "./a ./b/ ./b/[x] ./b/c/ ./b/c/a ./b/c/deep.txt ./b/x.log ./log/ ./log/keep ./x.log ./é")]
    [InlineData("?", "./.hidden ./log/ ./log/keep ./x.log ./é")]
    [InlineData("*", "")]
    [InlineData("*g*", "./.hidden ./a ./b/ ./b/.hidden ./b/[x] ./b/c/ ./b/c/a ./b/c/deep.txt ./é")]
    [InlineData("[!a]*", "./a")]
    [InlineData("[.l]*", "./a ./b/ ./b/[x] ./b/c/ ./b/c/a ./b/c/deep.txt ./b/x.log ./x.log ./é")]
    [InlineData("\\[x\\]", "./.hidden ./a ./b/ ./b/.hidden ./b/c/ ./b/c/a ./b/c/deep.txt ./b/x.log ./log/ ./log/keep ./x.log ./é")]
    [InlineData("é", "./.hidden ./a ./b/ ./b/.hidden ./b/[x] ./b/c/ ./b/c/a ./b/c/deep.txt ./b/x.log ./log/ ./log/keep ./x.log")]
    [InlineData("-C", "./.hidden ./a ./b/ ./b/.hidden ./b/[x] ./b/c/ ./b/c/a ./b/c/deep.txt ./b/x.log ./log/ ./log/keep ./x.log ./é")]
    public async Task Excludes_by_shell_globs(string pattern, string kept)
    {
        using var scratch = new Scratch();
        var source = scratch.Folder("source");
        Shell.Bash($"cd '{source}'; mkdir -p b/c log; touch a b/c/a x.log b/x.log b/c/deep.txt .hidden b/.hidden log/keep 'b/[x]' é");

        Assert.Equal(kept, await Listed(source, pattern));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData(".")]
    [InlineData("./")]
    [InlineData("../x")]
    [InlineData("a/../b")]
    [InlineData("a\\")]
    [InlineData("a\0b")]
    public async Task Refuses_what_is_no_pattern(string pattern)
    {
        using var scratch = new Scratch();

        var refused = await Assert.ThrowsAsync<RunnerException>(() => Packer.Pack(scratch.Path, [pattern], Stream.Null, null, Cancel));

        Assert.Equal(ExitCode.Usage, refused.ExitCode);
    }

    [Fact]
    public async Task Files_that_grow_shrink_and_vanish_are_warnings_that_name_them()
    {
        using var scratch = new Scratch();
        var source = scratch.Folder("source");
        // tar reads in the order of the directory; the gate stops it inside the first file, whichever that is, with the others not yet read.
        Shell.Bash($"cd '{source}'; for i in 1 2 3 4 5; do head -c 8M /dev/urandom > file$i; done");
        await using var file = File.Create(scratch["archive.gz"]);
        await using var gzip = new GzipMembersStream(file, 1, 2);
        var gate = new GateStream(gzip, 2 << 20);
        var pack = Packer.Pack(source, [], gate, null, Cancel);
        await gate.Entered;
        var reading = Shell.Bash($"basename $(readlink /proc/{Assert.Single(Processes.With(source))}/fd/* | grep /file)").Trim();
        var others = Directory.GetFiles(source).Where(other => Path.GetFileName(other) != reading).ToArray();
        File.Delete(others[0]);
        await File.AppendAllTextAsync(others[1], "grown before it is read", Cancel);
        Shell.Run("truncate", "-s", "4M", Path.Combine(source, reading));
        gate.Open();

        var result = await pack;
        await gzip.Complete(Cancel);
        file.Close();

        Assert.Equal(1, result.TarExit);
        Assert.Equal(
            [$"File removed before we read it x1: ./{Path.GetFileName(others[0])}", "file changed as we read it x1: .", $"file shrank as we read it, padded with zeros x1: ./{reading}"],
            result.Warnings.Select(Archives.Show).Order(StringComparer.Ordinal));
        var unpacked = await Archives.Unpack(scratch["archive.gz"], scratch.Folder("target"));
        Assert.Equal(4, unpacked.Counts.Files);
        Assert.Equal(result.Counts, unpacked.Counts);
        Shell.Run("cmp", others[1], scratch["target/" + Path.GetFileName(others[1])]);
    }

    [Fact]
    public async Task A_file_that_grows_while_it_is_read_is_named_byte_for_byte()
    {
        using var scratch = new Scratch();
        var source = scratch.Folder("source");
        Shell.Bash($"cd '{source}'; head -c 8M /dev/urandom > $'log: \\\\ \\n\\xff\\303\\251'");
        var gate = new GateStream(null, 2 << 20);
        var pack = Packer.Pack(source, [], gate, null, Cancel);
        await gate.Entered;
        Shell.Bash($"cd '{source}'; for f in *; do echo more >> \"$f\"; done");
        gate.Open();

        var result = await pack;

        Assert.Equal(["file changed as we read it x1: ./log: \\\\ \\x0a\\xffé"], result.Warnings.Select(Archives.Show));
        Assert.Equal((1, 8L << 20), (result.TarExit, result.Counts.Bytes));
    }

    [Fact]
    public async Task A_directory_that_vanishes_is_a_warning()
    {
        using var scratch = new Scratch();
        var source = scratch.Folder("source");
        Shell.Bash($"cd '{source}'; for i in a b c; do mkdir $i; head -c 8M /dev/urandom > $i/big; done");
        var gate = new GateStream(null, 2 << 20);
        var pack = Packer.Pack(source, [], gate, null, Cancel);
        await gate.Entered;
        var tar = Assert.Single(Processes.With(source));
        Shell.Bash($"cd '{source}'; reading=$(readlink /proc/{tar}/fd/* | grep /big); for i in a b c; do [ \"$PWD/$i/big\" = \"$reading\" ] || rm -r $i; done");
        gate.Open();

        var result = await pack;

        Assert.Equal((1, 1), (result.TarExit, result.Counts.Files));
        Assert.Contains(result.Warnings, warning => warning.Kind == "File removed before we read it" && warning.Count == 2);
    }

    [Fact]
    public async Task What_cannot_be_read_is_a_failure_that_names_it()
    {
        // Even root may not read some of the kernel's switches.
        var refused = await Assert.ThrowsAsync<RunnerException>(() => Packer.Pack("/proc/sys/vm", [], Stream.Null, null, Cancel));

        Assert.Equal(ExitCode.Volume, refused.ExitCode);
        Assert.Contains("\"./compact_memory\": Cannot open: Permission denied", refused.Message, StringComparison.Ordinal);
        Assert.Contains("runAsUser", refused.Hint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nowhere", "there is no directory")]
    [InlineData("file", "it is not a directory")]
    public async Task A_source_that_is_no_directory_is_an_error_of_the_volume(string name, string message)
    {
        using var scratch = new Scratch();
        scratch.File("file");

        var refused = await Assert.ThrowsAsync<RunnerException>(() => Packer.Pack(scratch[name], [], Stream.Null, null, Cancel));

        Assert.Equal(ExitCode.Volume, refused.ExitCode);
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
        Assert.Contains($"\"{scratch[name]}\"", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_path_that_no_tar_could_restore_fails_the_backup()
    {
        using var scratch = new Scratch();
        var source = scratch.Folder("source");
        Shell.Bash($"cd '{source}'; name=$(printf 'd%.0s' {{1..250}}); for i in {{1..17}}; do mkdir $name && cd $name; done");

        var refused = await Assert.ThrowsAsync<RunnerException>(() => Packer.Pack(source, [], Stream.Null, null, Cancel));

        Assert.Equal(ExitCode.Volume, refused.ExitCode);
        Assert.Contains("cannot be restored, more than 4095", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_target_that_fails_is_what_is_thrown_and_tar_is_gone()
    {
        using var scratch = new Scratch();
        scratch.File("big", new string('x', 9_000_000));

        await Assert.ThrowsAsync<TargetFailed>(() => Packer.Pack(scratch.Path, [], new FailingStream(1), null, Cancel));

        Assert.Empty(Processes.With(scratch.Path));
    }

    [Fact]
    public async Task Cancelling_kills_and_reaps_tar()
    {
        using var scratch = new Scratch();
        scratch.File("big", new string('x', 9_000_000));
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var gate = new GateStream();
        var pack = Packer.Pack(scratch.Path, [], gate, null, cancel.Token);

        await gate.Entered;
        var tar = Assert.Single(Processes.With(scratch.Path));
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pack);
        Assert.False(Directory.Exists("/proc/" + tar));
    }

    [Theory]
    [InlineData("-KILL", ExitCode.Command, "tar was killed by signal 9")]
    [InlineData("-INT", ExitCode.Stopped, "tar was stopped")]
    [InlineData("-TERM", ExitCode.Stopped, "tar was stopped")]
    public async Task A_tar_that_is_killed_is_never_a_success(string signal, ExitCode exitCode, string message)
    {
        using var scratch = new Scratch();
        scratch.File("big", new string('x', 9_000_000));
        var gate = new GateStream();
        var pack = Packer.Pack(scratch.Path, [], gate, null, Cancel);
        await gate.Entered;

        Shell.Run("kill", signal, Assert.Single(Processes.With(scratch.Path)));
        gate.Open();

        var refused = await Assert.ThrowsAsync<RunnerException>(() => pack);
        Assert.Equal((exitCode, message), (refused.ExitCode, refused.Message));
    }

    [Fact]
    public async Task What_is_mounted_below_is_archived_too()
    {
        using var scratch = new Scratch();
        var source = scratch.Folder("source");
        var mount = scratch.Folder("source/mount");
        Shell.Run("mount", "-t", "tmpfs", "none", mount);
        try
        {
            scratch.File("source/mount/inside");

            Assert.Equal("./mount/ ./mount/inside", await Listed(source));
        }
        finally
        {
            Shell.Run("umount", mount);
        }
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

    static async Task<string> Listed(string source, params string[] exclude)
    {
        var tar = new MemoryStream();
        await Packer.Pack(source, exclude, tar, null, Cancel);
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllBytesAsync(file, tar.ToArray(), Cancel);
            return Shell.Bash($"tar -tf '{file}' --quoting-style=literal | LC_ALL=C sort | grep -vx ./ | xargs -d '\\n' || true").Trim();
        }
        finally
        {
            File.Delete(file);
        }
    }
}
