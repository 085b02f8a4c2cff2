using BackupRunner.Archive;
using BackupRunner.Reports;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Archive;

public sealed class PackerFaultTests
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Files_that_grow_shrink_and_vanish_are_warnings_that_name_them()
    {
        using var scratch = new Scratch();
        var source = scratch.Folder("source");
        // tar reads in the order of the directory; the gate stops it inside the first file, whichever that is, with the others not yet
        // read.
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
}
