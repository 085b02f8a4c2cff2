using System.Security.Cryptography;
using System.Text;
using BackupRunner.Hooks;
using BackupRunner.Reports;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Hooks;

public sealed class CommandArchiveTests : IDisposable
{
    readonly Scratch _scratch = new();
    readonly LocalShell _shell = new(Redaction.Of(new Dictionary<string, string>()), _ => { }, TimeProvider.System);

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    string Archive => _scratch["backup/backup.tar.gz"];

    string Checksum => Archive + ".sha256";

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData("echo content > @A")]
    [InlineData("echo content > @A; sha256sum @A > @A.sha256")]
    [InlineData("echo content > @A; cd \"$(dirname @A)\"; sha256sum -b backup.tar.gz > @A.sha256")]
    [InlineData("echo content > @A; sha256sum --tag @A > @A.sha256")]
    [InlineData("echo content > @A; sha256sum @A | cut -d' ' -f1 > @A.sha256")]
    [InlineData("echo content > @A; (echo x | sha256sum | sed s/-/other/; sha256sum @A) > @A.sha256")]
    public async Task Gives_what_the_script_wrote_and_removes_it(string text)
    {
        await using (var made = await Create(text))
        {
            Assert.Equal(8, made.Content.Length);
            Assert.Equal("content\n", await new StreamReader(made.Content).ReadToEndAsync(Cancel));
            Assert.True(File.Exists(Archive));
        }
        AssertEmpty();
    }

    [Theory]
    [InlineData("true", "ended well but left no archive at")]
    [InlineData("mkdir @A", "left a folder at")]
    [InlineData(": > @A", "left an empty archive at")]
    [InlineData("mkfifo @A", "left an empty archive at")]
    [InlineData("echo x > @A.other; ln -s @A.other @A", "left a symbolic link at")]
    [InlineData("echo x > @A; false", "exited 1")]
    [InlineData("echo x > @A; tar -c /no/such/file > /dev/null", "exited 2: \"tar: ")]
    [InlineData("echo x > @A; kill -9 $$", "was ended by signal 9")]
    [InlineData("echo x > @A; echo \"$NO_SUCH_VARIABLE_HERE\"", "exited 2")]
    [InlineData("echo x > @A; sha256sum @A > @A.sha256; echo y >> @A", "says")]
    [InlineData("echo x > @A; : > @A.sha256", "without one SHA-256 checksum")]
    [InlineData("echo x > @A; mkfifo @A.sha256", "without one SHA-256 checksum")]
    [InlineData("echo x > @A; echo 'no checksum' > @A.sha256", "without one SHA-256 checksum")]
    [InlineData("echo x > @A; sha256sum @A | sed 's/backup.tar/other.tar/' > @A.sha256", "without one SHA-256 checksum")]
    [InlineData("echo x > @A; sleep 1000 >> @A 2>&1 & until [ \"$(cat /proc/$!/comm)\" = sleep ]; do :; done", "ended while it still had running: \"sleep\" (process ")]
    [InlineData("echo x > @A; redis-cli PING 2>&1 || echo 'NOAUTH Authentication required.'", "the server asks for a password")]
    public async Task Fails_and_leaves_nothing_when_the_archive_is_not_certainly_good(string text, string message)
    {
        var error = await Assert.ThrowsAsync<RunnerException>(() => Create(text));

        Assert.Equal(ExitCode.Command, error.ExitCode);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        if (text != "mkdir @A")
            AssertEmpty();
        if (error.Message.Split("(process ") is [_, var process])
            Shell.Run("kill", "-9", process.Split(')')[0]);
    }

    [Fact]
    public async Task A_script_that_does_not_end_is_ended_by_its_timeout()
    {
        var error = await Assert.ThrowsAsync<RunnerException>(
            () => CommandArchive.Create(_shell, Script("echo x > @A; while :; do sleep 1; done") with { Timeout = TimeSpan.FromSeconds(1) }, 0, Cancel));

        Assert.Equal((ExitCode.Command, "backup.commands.backup did not end within 1s and was ended"), (error.ExitCode, error.Message));
        AssertEmpty();
    }

    [Fact]
    public async Task A_cancelled_script_leaves_nothing()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var fifo = _scratch["started"];
        Shell.Run("mkfifo", fifo);
        var create = CommandArchive.Create(_shell, Script($"echo x > @A; echo > {fifo}; sleep 1000"), 0, stop.Token);
        await File.ReadAllTextAsync(fifo, Cancel);

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => create);
        AssertEmpty();
    }

    [Fact]
    public async Task What_a_killed_run_left_is_not_taken_for_the_archive()
    {
        _scratch.File("backup/backup.tar.gz", "old");
        _scratch.File("backup/backup.tar.gz.sha256", "old");

        var error = await Assert.ThrowsAsync<RunnerException>(() => Create("true"));

        Assert.Contains("left no archive", error.Message, StringComparison.Ordinal);
        AssertEmpty();
    }

    [Fact]
    public async Task Refuses_when_less_is_free_than_the_data_uses()
    {
        var error = await Assert.ThrowsAsync<RunnerException>(() => CommandArchive.Create(_shell, Script("echo x > @A"), long.MaxValue, Cancel));

        Assert.Equal(ExitCode.Command, error.ExitCode);
        Assert.Contains("too little space in", error.Message, StringComparison.Ordinal);
        AssertEmpty();
    }

    [Theory]
    [InlineData("/proc/none/backup.tar.gz", ExitCode.Command)]
    [InlineData("/dev/null/backup.tar.gz", ExitCode.Command)]
    [InlineData("backup.tar.gz", ExitCode.Usage)]
    [InlineData("/", ExitCode.Usage)]
    public async Task Refuses_a_path_that_cannot_be_used(string path, ExitCode code)
    {
        var script = new ArchiveScript(ArchiveScript.BackupPath, "echo x", path, TimeSpan.FromMinutes(1));

        Assert.Equal(code, (await Assert.ThrowsAsync<RunnerException>(() => CommandArchive.Create(_shell, script, 0, Cancel))).ExitCode);
    }

    [Fact]
    public async Task One_run_of_the_host_has_the_path()
    {
        await using (await Create("echo first > @A"))
        {
            var error = await Assert.ThrowsAsync<RunnerException>(() => Create("echo second > @A"));

            Assert.Equal(ExitCode.Locked, error.ExitCode);
            Assert.Equal("first\n", await File.ReadAllTextAsync(Archive, Cancel));
            Assert.NotEqual(0, Shell.Try("flock", "--nonblock", _scratch["backup/.backup.tar.gz.lock"], "true").ExitCode);
        }
        await using var next = await Create("echo second > @A");
    }

    [Fact]
    public async Task The_folder_is_for_its_owner_alone()
    {
        await using var made = await Create("echo x > @A");

        Assert.Equal("700\n", Shell.Run("stat", "-c", "%a", _scratch["backup"]));
    }

    [Fact]
    public async Task A_restore_script_gets_the_archive_and_its_checksum_and_nothing_is_left()
    {
        var script = Script("cd \"$(dirname @A)\"; sha256sum -c @A.sha256; cp @A @OUT; stat -c %a @A > @OUT.mode") with { PolicyPath = ArchiveScript.RestorePath };

        await CommandRestore.Run(_shell, script, 7, async (to, cancel) => await to.WriteAsync("archive"u8.ToArray(), cancel), Cancel);

        Assert.Equal(("archive", "600\n"), (await File.ReadAllTextAsync(_scratch["out"], Cancel), await File.ReadAllTextAsync(_scratch["out.mode"], Cancel)));
        AssertEmpty();
    }

    [Fact]
    public async Task A_restore_script_does_not_run_when_the_archive_is_bad()
    {
        var script = Script("touch @OUT") with { PolicyPath = ArchiveScript.RestorePath };
        var bad = new RunnerException(ExitCode.Integrity, "the archive is not what was stored");

        var error = await Assert.ThrowsAsync<RunnerException>(() => CommandRestore.Run(_shell, script, 7, async (to, cancel) =>
        {
            await to.WriteAsync("half"u8.ToArray(), cancel);
            throw bad;
        }, Cancel));

        Assert.Same(bad, error);
        Assert.False(File.Exists(_scratch["out"]));
        AssertEmpty();
    }

    [Fact]
    public async Task A_restore_script_that_fails_is_a_failure_and_one_that_starts_a_server_is_none()
    {
        var script = Script("cat @A > /dev/null; exit 4") with { PolicyPath = ArchiveScript.RestorePath };
        Task Place(Stream to, CancellationToken cancel) => to.WriteAsync("archive"u8.ToArray(), cancel).AsTask();

        var error = await Assert.ThrowsAsync<RunnerException>(() => CommandRestore.Run(_shell, script, 7, Place, Cancel));
        Assert.Equal((ExitCode.Command, "backup.commands.restore exited 4 and printed nothing"), (error.ExitCode, error.Message));
        AssertEmpty();

        await CommandRestore.Run(_shell, script with { Text = Script("sleep 1000 & echo $! > @OUT").Text }, 7, Place, Cancel);
        Shell.Run("kill", "-9", (await File.ReadAllTextAsync(_scratch["out"], Cancel)).Trim());
    }

    [Theory]
    [InlineData("@H  backup.tar.gz", true)]
    [InlineData("@H *./x/backup.tar.gz\r\n", true)]
    [InlineData("\\@H  backup.tar.gz\n", true)]
    [InlineData("SHA256 (/backup/backup.tar.gz) = @H\n", true)]
    [InlineData("@H", true)]
    [InlineData("@H  backup.tar.gz\n@H  backup.tar.gz\n", true)]
    [InlineData("@H  other\n", false)]
    [InlineData("@Hab  backup.tar.gz\n", false)]
    [InlineData("SHA512 (backup.tar.gz) = @H\n", false)]
    [InlineData("", false)]
    public void Reads_what_sha256sum_writes(string text, bool found)
    {
        var hash = Convert.ToHexString(SHA256.HashData(Encoding.ASCII.GetBytes("x")));

        Assert.Equal(found ? hash.ToLowerInvariant() : null, ChecksumLine.Find(text.Replace("@H", hash, StringComparison.Ordinal), "backup.tar.gz"));
    }

    Task<CommandArchive> Create(string text) => CommandArchive.Create(_shell, Script(text), 0, Cancel);

    ArchiveScript Script(string text) => new(
        ArchiveScript.BackupPath,
        text.Replace("@OUT", _scratch["out"], StringComparison.Ordinal).Replace("@A", Archive, StringComparison.Ordinal),
        Archive,
        TimeSpan.FromMinutes(1));

    void AssertEmpty() =>
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(_scratch["backup"]), path => !path.EndsWith(".other", StringComparison.Ordinal));
}
