using System.Formats.Tar;
using BackupRunner.Archive;
using BackupRunner.Posix;
using BackupRunner.Reports;
using BackupRunner.Tests.Support;
using TarEntry = BackupRunner.Archive.TarEntry;

namespace BackupRunner.Tests.Archive;

/// <summary>Our reader of tar headers against GNU tar's own.</summary>
public sealed class TarFilterTests
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string> Formats =>
    [
        "--format=posix", "--format=gnu", "--format=oldgnu", "--format=ustar", "--format=v7",
        "--format=posix --sparse", "--format=posix --sparse --sparse-version=0.0", "--format=posix --sparse --sparse-version=0.1",
        "--format=gnu --sparse", "--format=oldgnu --sparse", "--format=posix --xattrs --acls --pax-option=globexthdr.name=g,comment=x",
        "--format=posix --blocking-factor=1", "--format=gnu --label=volume",
    ];

    [Theory]
    [MemberData(nameof(Formats))]
    public async Task Sees_the_entries_that_gnu_tar_lists_and_passes_them_on_unchanged(string format)
    {
        using var scratch = new Scratch();
        var source = scratch.Folder("source");
        OddTree.Build(source);
        var file = scratch["archive.tar"];
        // Without --sparse it would be stored with all its zeros.
        var large = format.Contains("sparse", StringComparison.Ordinal) ? "" : $"--exclude=./{OddTree.SparseFile}";
        // Formats without room for a name or an owner leave that file out and say so with exit 2.
        Shell.Bash($"tar --create {format} --numeric-owner --exclude='./special/null*' {large} -C '{source}' --file='{file}' . 2>/dev/null || test $? = 2");

        var seen = new SeenEntries();
        var passed = await Filter(await File.ReadAllBytesAsync(file, Cancel), seen, 1 << 20);
        await File.WriteAllBytesAsync(scratch["passed.tar"], passed, Cancel);

        Assert.Equal(
            Shell.Bash($"tar --list --verbose --full-time --numeric-owner --quoting-style=escape --file='{file}' | grep -v '^V'"),
            Shell.Bash($"tar --list --verbose --full-time --numeric-owner --quoting-style=escape --file='{scratch["passed.tar"]}'"));
        Assert.Equal(Names(file), seen.Entries.Select(entry => ByteName.Show(entry.Name)));
        if (!format.Contains("label", StringComparison.Ordinal))
            Assert.True((await File.ReadAllBytesAsync(file, Cancel)).AsSpan().StartsWith(passed));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(511)]
    [InlineData(513)]
    [InlineData(10_240)]
    public async Task How_the_stream_is_cut_does_not_matter(int portion)
    {
        var tar = new TarBytes()
            .Directory("./").File("./a", new string('a', 1000)).Entry("./device", '3').Pax('x', ("path", "./" + new string('p', 300))).File("short", "p")
            .Long('L', "./" + new string('l', 200)).Long('K', new string('k', 200)).SymbolicLink("short", "short")
            .Pax('x', ("path", "./" + new string('d', 300))).Entry("short", '4').HardLink("./link-to-device", "./device")
            .Pax('g', ("comment", "c")).File("./z", "").End();
        var expected = new TarBytes()
            .Directory("./").File("./a", new string('a', 1000)).Pax('x', ("path", "./" + new string('p', 300))).File("short", "p")
            .Long('L', "./" + new string('l', 200)).Long('K', new string('k', 200)).SymbolicLink("short", "short")
            .Pax('g', ("comment", "c")).File("./z", "").End();

        var warnings = new WarningList();
        var target = new MemoryStream();
        var filter = new TarFilterStream(target, new CreateRules(), warnings);
        for (var at = 0; at < tar.Length; at += portion)
            await filter.WriteAsync(tar.AsMemory(at, Math.Min(portion, tar.Length - at)), Cancel);
        filter.Complete();

        Assert.Equal(expected, target.ToArray());
        Assert.Equal([$"device node left out x3: ./device ./{new string('d', 300)} ./link-to-device"], warnings.ToList().Select(Archives.Show));
        Assert.Equal((4, 3, 1001, expected.Length), (filter.Counts.Entries, filter.Counts.Files, filter.Counts.Bytes, filter.Counts.TarBytes));
    }

    [Theory]
    [InlineData(TarEntryFormat.Pax)]
    [InlineData(TarEntryFormat.Gnu)]
    [InlineData(TarEntryFormat.Ustar)]
    [InlineData(TarEntryFormat.V7)]
    public async Task Reads_what_the_framework_writes(TarEntryFormat format)
    {
        var stream = new MemoryStream();
        await using (var writer = new TarWriter(stream, format, leaveOpen: true))
        {
            await writer.WriteEntryAsync(format switch
            {
                TarEntryFormat.Pax => new PaxTarEntry(TarEntryType.RegularFile, new string('n', 400)) { DataStream = new MemoryStream(new byte[777]) },
                TarEntryFormat.Gnu => new GnuTarEntry(TarEntryType.RegularFile, new string('n', 400)) { DataStream = new MemoryStream(new byte[777]) },
                TarEntryFormat.Ustar => new UstarTarEntry(TarEntryType.RegularFile, new string('p', 120) + "/" + new string('n', 80)) { DataStream = new MemoryStream(new byte[777]) },
                _ => new V7TarEntry(TarEntryType.V7RegularFile, new string('n', 99)) { DataStream = new MemoryStream(new byte[777]) },
            }, Cancel);
        }

        var seen = new SeenEntries();
        await Filter(stream.ToArray(), seen, 100);

        var entry = Assert.Single(seen.Entries);
        Assert.Equal((777, format == TarEntryFormat.V7 ? 99 : format == TarEntryFormat.Ustar ? 201 : 400), (entry.PayloadBytes, entry.Name.Length));
    }

    [Fact]
    public async Task A_size_beyond_octal_is_read_from_pax_and_from_base_256()
    {
        const long bytes = 9L << 30;
        var base256 = TarBytes.Header("./b", '0', change: header =>
        {
            header.AsSpan(124, 12).Clear();
            header[124] = 0x80;
            System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(header.AsSpan(128), bytes);
        });
        byte[][] starts = [new TarBytes().Pax('x', ("size", $"{bytes}")).Add(TarBytes.Header("./a", '0')).Cut(), base256];
        var portion = new byte[16 << 20];

        foreach (var start in starts)
        {
            var filter = new TarFilterStream(Stream.Null, new ExtractRules(), new WarningList());
            await filter.WriteAsync(start, Cancel);
            for (long sent = 0; sent < bytes; sent += portion.Length)
                await filter.WriteAsync(portion, Cancel);
            await filter.WriteAsync(new byte[1024], Cancel);
            filter.Complete();

            Assert.Equal((1, bytes), (filter.Counts.Files, filter.Counts.Bytes));
        }
    }

    [Fact]
    public async Task Headers_with_a_signed_checksum_are_read()
    {
        var header = TarBytes.Header("./\u00ff\u00fe", '5');
        var signed = header.Select((b, i) => i is >= 148 and < 156 ? (int)' ' : (sbyte)b).Sum(b => b);
        TarBytes.Latin1(Convert.ToString(signed, 8).PadLeft(6, '0') + "\0 ").CopyTo(header, 148);

        var seen = new SeenEntries();
        await Filter([.. header, .. new byte[1024]], seen, 5000);

        Assert.Equal("./\\xff\\xfe", Assert.Single(seen.Entries).ShownName);
    }

    [Fact]
    public async Task Seeded_damage_is_refused_or_read_but_never_a_bug()
    {
        var whole = new TarBytes().Directory("./").File("./a").Pax('x', ("path", "./b"), ("size", "5"), ("mtime", "1.5")).File("short")
            .Long('L', "./" + new string('l', 200)).SymbolicLink("short", "x").HardLink("./h", "./a").End();
        var random = new Random(7);
        var (refused, read) = (0, 0);

        for (var i = 0; i < 20_000; i++)
        {
            var damaged = (byte[])whole.Clone();
            for (var flips = random.Next(1, 4); flips > 0; flips--)
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            // Half of them with right checksums, or no damage would get past the first header.
            for (var at = 0; i % 2 == 0 && at + 512 <= damaged.Length; at += 512)
            {
                if (whole.AsSpan(at + 257, 5).SequenceEqual("ustar"u8))
                    TarBytes.Seal(damaged[at..(at + 512)]).CopyTo(damaged, at);
            }
            try
            {
                await Filter(damaged, new ExtractRules(), 4096);
                read++;
            }
            catch (RunnerException exception) when (exception.ExitCode == ExitCode.Integrity)
            {
                refused++;
            }
        }

        Assert.True(refused > 1000 && read > 1000, $"{refused} refused, {read} read");
    }

    static async Task<byte[]> Filter(byte[] tar, ITarRules rules, int portion)
    {
        var target = new MemoryStream();
        var filter = new TarFilterStream(target, rules, new WarningList());
        for (var at = 0; at < tar.Length; at += portion)
            await filter.WriteAsync(tar.AsMemory(at, Math.Min(portion, tar.Length - at)), Cancel);
        filter.Complete();
        return target.ToArray();
    }

    // GNU tar escapes names its own way; what it lists is turned back into bytes with the shell's printf.
    static IEnumerable<string> Names(string file) =>
        Shell.Bash($"tar --list --quoting-style=escape --file='{file}'").TrimEnd('\n').Split('\n').Where(name => name != "volume").Select(name =>
            TarMessage.Parse(TarBytes.Latin1(name + ": socket ignored")).Name);

    sealed class SeenEntries : ITarRules
    {
        public List<TarEntry> Entries { get; } = [];

        public TarVerdict AfterEnd => TarVerdict.Drop;

        public bool Allows(TarEntry entry, WarningList warnings)
        {
            Entries.Add(entry);
            return true;
        }
    }
}
