using BackupRunner.Policy;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Archive;

public sealed class OddTreeTests
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_tree_with_everything_comes_back_identical()
    {
        using var scratch = new Scratch();
        var source = scratch.Folder("source");
        OddTree.Build(source);
        var before = OddTree.Fingerprint(source);
        var archive = scratch["archive.gz"];

        var packed = await Archives.Pack(source, archive);
        var target = scratch.Folder("target");
        var unpacked = await Archives.Unpack(archive, target);

        Assert.Equal(before, OddTree.Fingerprint(target));
        Assert.Equal(before, OddTree.Fingerprint(source));
        Assert.Equal(0, packed.TarExit);
        Assert.Equal(packed.Counts, unpacked.Counts);
        Assert.Equal(packed.Counts, (await Archives.Check(archive)).Counts);
        Assert.Empty(unpacked.Warnings);
        Assert.Equal(
            ["device node left out x2: ./special/null ./special/null-again", "socket ignored x1: ./special/socket"],
            packed.Warnings.Select(warning => Archives.Show(warning with { Names = [.. warning.Names.Order(StringComparer.Ordinal)] })).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Counts_are_those_of_find_and_the_space_it_takes_is_not_underestimated()
    {
        using var scratch = new Scratch();
        var source = scratch.Folder("source");
        OddTree.Build(source);

        var counts = (await Archives.Pack(source, scratch["archive.gz"])).Counts;

        string Count(string find) => Shell.Bash($"cd '{source}'; find . -mindepth 1 ! -type s ! -type c {find}").Trim();
        Assert.Equal(Count("-printf x | wc -c"), $"{counts.Entries}");
        Assert.Equal(Count("-printf '%i\\n' | sort -u | wc -l"), $"{counts.Inodes}");
        Assert.Equal(Count("-type f -printf '%i %s\\n' | sort -u | awk '{n++; s += $2} END {printf \"%d %d\", n, s}'"), $"{counts.Files} {counts.Bytes}");
        var allocated = long.Parse(Shell.Bash($"du -s --block-size=1 '{source}' | cut -f1"), System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(counts.DiskBytes, allocated, (allocated * 3 / 2) + (1 << 20));
        Assert.True(counts.DiskBytes < 1 << 24, "holes must not count");
    }

    [Fact]
    public async Task Stock_tools_extract_the_same_tree()
    {
        using var scratch = new Scratch();
        var source = scratch.Folder("source");
        OddTree.Build(source);
        var archive = scratch["archive.gz"];
        await Archives.Pack(source, archive);

        var target = scratch.Folder("target");
        Shell.Bash($"tar -xzf '{archive}' -C '{target}' --numeric-owner --xattrs '--xattrs-include=*' 2>&1");

        Assert.Equal(OddTree.Fingerprint(source), OddTree.Fingerprint(target));
    }

    [Fact]
    public async Task An_owner_for_everything_keeps_modes_and_capabilities()
    {
        using var scratch = new Scratch();
        var source = scratch.Folder("source");
        OddTree.Build(source);
        var archive = scratch["archive.gz"];
        await Archives.Pack(source, archive);
        var byTar = scratch.Folder("by-tar");
        var byUs = scratch.Folder("by-us");
        // What GNU tar makes of the same tree when it is told the owner at its creation.
        Shell.Bash($"""
            tar --create --format=posix --sparse --xattrs '--xattrs-include=*' --owner=x:70000 --group=x:3000000 --exclude=./special/null* -C '{source}' . 2>/dev/null |
                tar -x -C '{byTar}' --numeric-owner --xattrs '--xattrs-include=*'
            """);

        await Archives.Unpack(archive, byUs, new NumericOwner(70000, 3000000));

        Assert.Equal(OddTree.Fingerprint(byTar), OddTree.Fingerprint(byUs));
        Assert.Equal("70000:3000000", Shell.Bash($"cd '{byUs}'; find . -printf '%U:%G\\n' | sort -u").Trim());
    }

    [Fact]
    public async Task Default_acls_of_the_target_do_not_leak_into_what_is_extracted()
    {
        using var scratch = new Scratch();
        var source = scratch.Folder("source");
        Shell.Bash($"cd '{source}'; mkdir d; echo f > d/f; echo g > g");
        var archive = scratch["archive.gz"];
        await Archives.Pack(source, archive);
        var target = scratch.Folder("target");
        Shell.Bash($"setfacl -m u:9:rwx -d -m u:9:rwx,g:10:rwx '{target}'");

        await Archives.Unpack(archive, target);

        Assert.Equal(OddTree.Fingerprint(source), OddTree.Fingerprint(target));
    }
}
