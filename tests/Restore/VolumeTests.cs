using System.Text;
using BackupRunner.Posix;
using BackupRunner.Restore;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Restore;

public sealed class VolumeTests : IDisposable
{
    readonly Scratch scratch = new();
    readonly Volume volume;

    public VolumeTests() => volume = Volume.Open(scratch.Folder("volume"));

    public void Dispose()
    {
        volume.Dispose();
        scratch.Dispose();
    }

    string Root => scratch["volume"];

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void Lists_and_moves_every_name_that_a_file_can_have()
    {
        Shell.Bash($$"""
            cd {{Root}}; mkdir from to; cd from
            : > $'\xff\xfe'; : > $'new\nline'; : > ' '; : > '-rf'; : > '*'; : > '\\'; : > ..x; : > "$(printf 'x%.0s' $(seq 255))"; ln -s /nowhere link; mkdir dir
            """);
        var entries = volume.List("from")!;
        Assert.Equal(10, entries.Count);
        Assert.Equal("dir", Assert.Single(entries, entry => entry.IsDirectory).Name.ToString());
        foreach (var entry in entries)
            Assert.Equal(Moved.Done, volume.Move("from", entry.Name, "to", entry.Name));
        Assert.Equal(Shell.Run("find", Root + "/to", "-mindepth", "1", "-printf", "x").Length, entries.Count);
        Assert.Empty(volume.List("from")!);
    }

    [Fact]
    public void Reads_a_directory_of_many_buffers()
    {
        Shell.Bash($"cd {Root}; mkdir many; cd many; seq -f 'a-rather-long-name-of-a-file-%g' 5000 | xargs touch");
        Assert.Equal(5000, volume.List("many")!.Select(entry => entry.Name).Distinct().Count());
    }

    [Theory]
    [InlineData("echo > from/x; echo > to/x")]
    [InlineData("mkdir from/x to/x")]
    [InlineData("echo > from/x; mkdir to/x")]
    [InlineData("mkdir from/x; ln -s nowhere to/x")]
    public void Never_replaces_anything(string script)
    {
        Shell.Bash($"cd {Root}; mkdir from to; {script}");
        var before = Tree.Describe(Root);
        Assert.Equal(Moved.NameTaken, volume.Move("from", new EntryName("x"), "to", new EntryName("x")));
        Assert.Equal(Moved.Missing, volume.Move("from", new EntryName("y"), "to", new EntryName("y")));
        Assert.Equal(before, Tree.Describe(Root));
    }

    [Fact]
    public void Follows_no_link_on_the_way_to_a_directory()
    {
        scratch.File("elsewhere/inner/file");
        Shell.Bash($"cd {Root}; ln -s ../elsewhere link; ln -s ../elsewhere/inner inner");
        Assert.Throws<RunnerException>(() => volume.List("link/inner"));
        Assert.Throws<RunnerException>(() => volume.List("inner"));
        Assert.Throws<RunnerException>(() => volume.RemoveTree("inner", Cancel));
        Assert.Throws<RunnerException>(() => volume.MakeDirectory("link/made"));
        Assert.Throws<RunnerException>(() => volume.RemoveFile("link/inner/file"));
        Assert.Throws<RunnerException>(() => volume.CreateFile("link/file", "x"u8, 0));
        Assert.True(File.Exists(scratch["elsewhere/inner/file"]));
    }

    // Deeper than a path can be long, than a process may have files open, and than a stack would last.
    [Fact]
    public void Removes_and_measures_a_tree_of_any_depth()
    {
        var chain = string.Concat(Enumerable.Repeat("d/", 1900));
        Shell.Bash($"cd {Root}; mkdir -p {chain} tree/{chain}; head -c 1000000 /dev/urandom > {chain}/bottom; : > d/top; mv d tree/{chain}");
        Assert.InRange(volume.FreeableBytes(Cancel), 1_000_000, long.MaxValue);
        volume.RemoveTree("tree", Cancel);
        Assert.Empty(Directory.GetFileSystemEntries(Root));
    }

    [Fact]
    public void Removes_links_but_not_what_they_lead_to()
    {
        scratch.File("elsewhere/file");
        Shell.Bash($"cd {Root}; mkdir tree; ln -s ../../elsewhere tree/link; ln -s {scratch["elsewhere"]}/file tree/file; ln ../elsewhere/file tree/hard; mkfifo tree/pipe");
        volume.RemoveTree("tree", Cancel);
        Assert.True(File.Exists(scratch["elsewhere/file"]));
        Assert.Empty(Directory.GetFileSystemEntries(Root));
    }

    // A bind mount of the same file system has the same device number.
    [Fact]
    public void Never_removes_through_a_mount()
    {
        scratch.File("elsewhere/file");
        Shell.Bash($"cd {Root}; mkdir -p tree/a/mounted tree/b; : > tree/b/file");
        using (TemporaryMount.Bind(scratch["elsewhere"], Root + "/tree/a/mounted"))
        {
            Assert.Contains("mounted", Assert.Throws<RunnerException>(() => volume.RemoveTree("tree", Cancel)).Message, StringComparison.Ordinal);
            Assert.True(File.Exists(scratch["elsewhere/file"]));
            Assert.False(Path.Exists(Root + "/tree/b"));
        }
        volume.RemoveTree("tree", Cancel);
    }

    [Fact]
    public void What_is_staged_inherits_neither_acl_nor_group()
    {
        Shell.Bash($"cd {Root}; chown 0:77 .; chmod 2770 .; setfacl -d -m u:99:rwx .");
        volume.MakeDirectory("made");
        Shell.Bash($"cd {Root}/made; umask 022; : > file");
        Assert.Equal("700 made\n644 made/file\n", Shell.Bash($"cd {Root}; stat -c '%a %n' made made/file"));
        Assert.Equal("", Shell.Bash($"cd {Root}; getfacl -cs made made/file"));
    }

    [Fact]
    public void Attributes_come_back_as_they_were()
    {
        Shell.Bash($"cd {Root}; mkdir a b; chown 5:6 a; setfacl -m u:7:rwx -d -m g:8:r a; setfattr -n user.x -v $'1' a; chmod 3751 a; touch -d '1969-12-31 23:59:58.5 UTC' a; "
            + "setfattr -n user.gone -v 1 b; setfacl -m u:1:r b");
        Assert.Empty(volume.WriteAttributes("b", volume.ReadAttributes("a")));
        Assert.Equal(Tree.Describe(Root + "/a"), Tree.Describe(Root + "/b"));
    }

    [Fact]
    public void Appends_where_the_last_whole_record_ended()
    {
        volume.CreateFile("file", "whole "u8, 4096);
        volume.Append("file", 6, "torn"u8);
        volume.Append("file", 6, "next"u8);
        Assert.Equal("whole next", Encoding.ASCII.GetString(volume.ReadFile("file")!));
        Assert.Null(volume.ReadFile("none"));
        Assert.Null(volume.ReadFile("no/ne"));
        Assert.Throws<RunnerException>(() => volume.CreateFile("file", "again"u8, 0));
    }

    // The few records that follow must find their room on a disk that is full by then.
    [Fact]
    public void A_full_disk_does_not_stop_an_append()
    {
        using var memory = TemporaryMount.Memory(scratch["full"], "size=1m");
        using var full = Volume.Open(scratch["full"]);
        full.CreateFile("file", "1"u8, 8192);
        Shell.Try("dd", "if=/dev/zero", "of=" + scratch["full/filler"], "bs=4k");
        Assert.Equal(0, full.Space().FreeBytes);
        full.Append("file", 1, new byte[8000]);
        Assert.Equal(8001, full.ReadFile("file")!.Length);
    }

    [Theory]
    [InlineData("plain é", "plain é")]
    [InlineData("back\\slash", @"back\\slash")]
    [InlineData("line\nfeed\u001b[31m", @"line\x0afeed\x1b[31m")]
    [InlineData("right\u202eleft", @"right\xe2\x80\xaeleft")]
    public void A_name_is_shown_so_that_it_can_do_no_harm(string name, string shown) => Assert.Equal(shown, new EntryName(name).ToString());

    [Fact]
    public void Bytes_that_are_no_text_are_shown_as_hex() => Assert.Equal(@"a\xff\xc3b", ByteName.Show([(byte)'a', 0xff, 0xc3, (byte)'b']));
}
