using BackupRunner.Archive;
using BackupRunner.Reports;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Archive;

public sealed class ExcludeTests
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

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
