using BackupRunner.Reports;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Archive;

/// <summary>Archives made to do harm. Each is extracted for real, beside a directory that must stay as it is.</summary>
public sealed class HostileArchiveTests
{
    static readonly string longName = string.Concat(Enumerable.Repeat("n/", 60)) + "../../x";

    public static TheoryData<string, string> Refused => new()
    {
        { "absolute", "holds \"{outside}/evil\", which is absolute" },
        { "absolute long", "which is absolute" },
        { "absolute pax", "holds \"{outside}/evil\", which is absolute" },
        { "dot dot", "holds \"../outside/evil\", which contains \"..\"" },
        { "dot dot inside", "holds \"a/../../outside/evil\", which contains \"..\"" },
        { "dot dot at the end", "holds \"a/..\", which contains \"..\"" },
        { "dot dot pax", "holds \"../outside/evil\", which contains \"..\"" },
        { "dot dot gnu long", "which contains \"..\"" },
        { "dot dot prefix", "holds \"../outside/evil\", which contains \"..\"" },
        { "dot dot sparse name", "holds \"../outside/evil\", which contains \"..\"" },
        { "empty name", "holds \"\", which is empty" },
        { "empty pax name", "holds \"\", which is empty" },
        { "nul in pax name", "holds \"in\\x00side\", which contains a NUL byte" },
        { "nul in pax link", "is a link whose target contains a NUL byte" },
        { "through symlink", "holds \"link/evil\", which leads through a symbolic link of this archive" },
        { "through symlink untidily", "holds \".//link/./evil\", which leads through a symbolic link of this archive" },
        { "through inner symlink", "holds \"sub/dir/evil\", which leads through a symbolic link of this archive" },
        { "through symlink that becomes a directory", "holds \"link/evil\", which leads through a symbolic link of this archive" },
        { "through symlink chain", "holds \"b/evil\", which leads through a symbolic link of this archive" },
        { "through hard link to symlink", "holds \"b/evil\", which leads through a symbolic link of this archive" },
        { "through symlink directory", "holds \"link/sub\", which leads through a symbolic link of this archive" },
        { "hard link absolute", "holds \"evil\", which is a hard link whose target is absolute" },
        { "hard link dot dot", "holds \"evil\", which is a hard link whose target contains \"..\"" },
        { "hard link pax", "holds \"evil\", which is a hard link whose target contains \"..\"" },
        { "hard link gnu long", "which is a hard link whose target contains \"..\"" },
        { "hard link empty", "holds \"evil\", which is a hard link whose target is empty" },
        { "hard link through symlink", "is a hard link whose target leads through a symbolic link of this archive" },
        { "hard link to reserved", "which is not extracted" },
        { "hard link to root", "which is not extracted" },
        { "character device", "holds \"dev\", which is a device node" },
        { "block device", "holds \"dev\", which is a device node" },
        { "root replaced by symlink", "takes the place of the root directory" },
        { "root replaced by file", "takes the place of the root directory" },
        { "symlink to nowhere", "is a symbolic link to nowhere" },
        { "unknown type", "\"odd\" is of the unknown type \"Q\"" },
        { "incremental directory", "\"d\" is of the unknown type \"D\"" },
        { "multivolume", "\"m\" is of the unknown type \"M\"" },
        { "directory with data", "\"d\" has data and is no regular file" },
        { "hard link with data", "\"h\" has data and is no regular file" },
        { "old directory with data", "\"d/\" has data and is no regular file" },
        { "sparse in foreign header", "is a sparse file in a header that is not GNU's" },
        { "two pax headers", "two extended headers for one entry" },
        { "two long names", "two long names for one entry" },
        { "global path", "a global header with \"path\"" },
        { "global size", "a global header with \"size\"" },
        { "global inside", "a global header inside an entry" },
        { "huge pax", "an extended header of 1048577 bytes" },
        { "empty pax", "an extended header of 0 bytes" },
        { "malformed pax", "a malformed extended header" },
        { "malformed pax length", "a malformed extended header" },
        { "pax without entry", "an extended header without an entry" },
        { "pax size wrong", "a malformed size" },
        { "pax size negative", "a malformed size" },
        { "bad checksum", "it does not begin with a tar header" },
        { "bad checksum later", "a header whose checksum is wrong" },
        { "negative size", "a header without a usable size" },
        { "gigantic size", "a header without a usable size" },
        { "size of letters", "a header without a usable size" },
        { "lone zero block", "a block of zeros between two entries" },
        { "not tar", "it does not begin with a tar header" },
        { "name with control characters", "holds \"/a\\x1b[31m\\xff\\\\\", which is absolute" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task Refuses_it_and_touches_nothing_outside(string kind, string message)
    {
        using var scratch = new Scratch();
        var outside = scratch.Folder("outside");
        scratch.File("outside/precious", "precious");
        var before = State(outside);
        var target = scratch.Folder("target");
        var archive = scratch["archive.gz"];
        await File.WriteAllBytesAsync(archive, await Archives.Gzip(Make(kind, outside)), TestContext.Current.CancellationToken);

        var whenChecked = await Assert.ThrowsAsync<RunnerException>(() => Archives.Check(archive));
        var whenExtracted = await Assert.ThrowsAsync<RunnerException>(() => Archives.Unpack(archive, target));

        Assert.Equal(ExitCode.Integrity, whenExtracted.ExitCode);
        Assert.Contains(message.Replace("{outside}", outside, StringComparison.Ordinal), whenExtracted.Message, StringComparison.Ordinal);
        Assert.Equal(whenExtracted.Message, whenChecked.Message);
        Assert.Equal(before, State(outside));
        Assert.Equal(["outside", "target"], Directory.GetDirectories(scratch.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    static byte[] Make(string kind, string outside)
    {
        var tar = new TarBytes().Directory("./").File("first");
        return kind switch
        {
            "absolute" => tar.File(outside + "/evil").End(),
            "absolute long" => tar.Long('L', outside + "/" + new string('e', 150)).File("short").End(),
            "absolute pax" => tar.Pax('x', ("path", outside + "/evil")).File("short").End(),
            "dot dot" => tar.File("../outside/evil").End(),
            "dot dot inside" => tar.Directory("a").File("a/../../outside/evil").End(),
            "dot dot at the end" => tar.Directory("a").Directory("a/..").End(),
            "dot dot pax" => tar.Pax('x', ("path", "../outside/evil")).File("short").End(),
            "dot dot gnu long" => tar.Long('L', longName).File("short").End(),
            "dot dot prefix" => tar.Add(TarBytes.Header("evil", '0', change: header => TarBytes.Latin1("../outside").CopyTo(header, 345))).End(),
            "dot dot sparse name" => tar.Pax('x', ("path", "short"), ("GNU.sparse.name", "../outside/evil")).File("short").End(),
            "empty name" => tar.File("").End(),
            "empty pax name" => tar.Pax('x', ("path", "")).File("short").End(),
            "nul in pax name" => tar.Pax('x', ("path", "in\0side")).File("short").End(),
            "nul in pax link" => tar.Pax('x', ("linkpath", "in\0side")).SymbolicLink("link", "x").End(),
            "through symlink" => tar.SymbolicLink("link", outside).File("link/evil").End(),
            "through symlink untidily" => tar.SymbolicLink("./link", outside).File(".//link/./evil").End(),
            "through inner symlink" => tar.Directory("sub").SymbolicLink("sub/dir", "../../outside").File("sub/dir/evil").End(),
            "through symlink that becomes a directory" => tar.SymbolicLink("link", outside).Directory("link").File("link/evil").End(),
            "through symlink chain" => tar.SymbolicLink("a", outside).SymbolicLink("b", "a").File("b/evil").End(),
            "through hard link to symlink" => tar.SymbolicLink("a", outside).HardLink("b", "a").File("b/evil").End(),
            "through symlink directory" => tar.SymbolicLink("link", outside).Directory("link/sub").End(),
            "hard link absolute" => tar.HardLink("evil", outside + "/precious").End(),
            "hard link dot dot" => tar.HardLink("evil", "../outside/precious").End(),
            "hard link pax" => tar.Pax('x', ("linkpath", "../outside/precious")).HardLink("evil", "first").End(),
            "hard link gnu long" => tar.Long('K', longName).HardLink("evil", "first").End(),
            "hard link empty" => tar.HardLink("evil", "").End(),
            "hard link through symlink" => tar.SymbolicLink("link", outside).HardLink("evil", "link/precious").End(),
            "hard link to reserved" => tar.File("lost+found/1").HardLink("evil", "./lost+found/1").End(),
            "hard link to root" => tar.HardLink("evil", ".").End(),
            "character device" => tar.Entry("dev", '3').End(),
            "block device" => tar.Entry("dev", '4').End(),
            "root replaced by symlink" => tar.SymbolicLink("././", outside).End(),
            "root replaced by file" => tar.File(".").End(),
            "symlink to nowhere" => tar.SymbolicLink("link", "").End(),
            "unknown type" => tar.Entry("odd", 'Q').End(),
            "incremental directory" => tar.Entry("d", 'D').End(),
            "multivolume" => tar.Entry("m", 'M').End(),
            "directory with data" => tar.Add(TarBytes.Header("d", '5', 512)).Payload(TarBytes.Header("../outside/evil", '0')).End(),
            "hard link with data" => tar.Add(TarBytes.Header("h", '1', 512, "first")).Payload(TarBytes.Header("../outside/evil", '0')).End(),
            "old directory with data" => tar.Add(TarBytes.Header("d/", '0', 512)).Payload(TarBytes.Header("../outside/evil", '0')).End(),
            "sparse in foreign header" => tar.Add(TarBytes.Header("s", 'S', 512)).Payload(new byte[512]).End(),
            "two pax headers" => tar.Pax('x', ("path", "a")).Pax('x', ("path", "b")).File("c").End(),
            "two long names" => tar.Long('L', "a").Long('L', "b").File("c").End(),
            "global path" => tar.Pax('g', ("path", "../outside/evil")).File("c").End(),
            "global size" => tar.Pax('g', ("size", "512")).File("c").End(),
            "global inside" => tar.Pax('x', ("path", "a")).Pax('g', ("comment", "b")).File("c").End(),
            "huge pax" => tar.Add(TarBytes.Header("x", 'x', (1 << 20) + 1)).Payload(new byte[1 << 20]).End(),
            "empty pax" => tar.Add(TarBytes.Header("x", 'x')).File("c").End(),
            "malformed pax" => tar.Add(TarBytes.Header("x", 'x', 8)).Payload(TarBytes.Latin1("8 path=a")).File("c").End(),
            "malformed pax length" => tar.Add(TarBytes.Header("x", 'x', 9)).Payload(TarBytes.Latin1("99 path=a")).File("c").End(),
            "pax without entry" => tar.Pax('x', ("path", "a")).End(),
            "pax size wrong" => tar.Pax('x', ("size", "5x")).File("c").End(),
            "pax size negative" => tar.Pax('x', ("size", "-5")).File("c").End(),
            "bad checksum" => Flip(new TarBytes().File("c").End(), 3),
            "bad checksum later" => Flip(tar.File("c").End(), 1536 + 3),
            "negative size" => tar.Add(TarBytes.Header("c", '0', change: header => Array.Fill(header, (byte)0xff, 124, 12))).End(),
            "gigantic size" => tar.Add(TarBytes.Header("c", '0', change: header => (header[124], header[128]) = (0x80, 0x7f))).End(),
            "size of letters" => tar.Add(TarBytes.Header("c", '0', change: header => header[125] = (byte)'x')).End(),
            "lone zero block" => tar.Add(new byte[512]).File("c").End(),
            "not tar" => TarBytes.Latin1(string.Concat(Enumerable.Repeat("some text that is no archive\n", 100))),
            "name with control characters" => tar.File("/a\u001b[31m\u00ff\\").End(),
            _ => throw new ArgumentOutOfRangeException(nameof(kind)),
        };
    }

    static string State(string directory) => Shell.Run("find", directory, "-printf", "%P %y %m %s %n %T@ %l\\n");

    static byte[] Flip(byte[] bytes, int at)
    {
        bytes[at] ^= 1;
        return bytes;
    }
}
