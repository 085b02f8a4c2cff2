using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using BackupRunner.Archive;
using BackupRunner.Reports;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Archive;

public sealed class GzipReaderTests
{
    const int MiB = 1 << 20;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    static readonly byte[] small = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 60).Select(i => $"line {i * i} of a small file\n")));

    public static TheoryData<string> Kinds => ["ours", "stock", "two stock members", "ours and stock", "stock with name", "foreign extra field"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Reads_any_gzip_file(string kind)
    {
        var (gzip, data) = await Make(kind);

        Assert.Equal(data, await Archives.Gunzip(gzip));
        var target = new MemoryStream();
        await GzipReader.CopyTo(new TrickleStream(gzip), target, 1, Cancel);
        Assert.Equal(data, target.ToArray());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Refuses_a_file_that_is_cut_anywhere(string kind)
    {
        var (gzip, data) = await Make(kind);
        var boundaries = new List<int>();

        for (var length = 0; length < gzip.Length; length++)
        {
            var read = await Outcome(gzip[..length]);
            // Where a member ends, what is before it is a gzip file of its own; that it is not all, the tar inside tells.
            if (read is null)
                continue;
            boundaries.Add(length);
            Assert.True(data.AsSpan().StartsWith(read));
        }

        Assert.Equal(kind is "two stock members" or "ours and stock" ? 1 : 0, boundaries.Count);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_flipped_bit_is_an_error_or_changes_nothing(string kind)
    {
        var (gzip, data) = await Make(kind);
        var unnoticed = 0;

        for (var bit = 0; bit < gzip.Length * 8; bit++)
        {
            var damaged = (byte[])gzip.Clone();
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            if (await Outcome(damaged) is not { } read)
                continue;
            Assert.True(data.AsSpan().SequenceEqual(read), $"bit {bit} of {kind} went through and changed the data");
            unnoticed++;
        }

        // A file time, an operating system, a name, the two letters of an extra field: nothing in the data covers them.
        Assert.InRange(unnoticed, 0, 200);
    }

    [Theory]
    [InlineData("ours")]
    [InlineData("stock")]
    public async Task Refuses_anything_after_the_last_member(string kind)
    {
        var (gzip, _) = await Make(kind);

        foreach (var tail in new byte[][] { [0], [1], [0x1f], [0x1f, 0x8b], new byte[512], Data.Random(100), gzip[..30] })
            Assert.Null(await Outcome([.. gzip, .. tail]));
    }

    [Fact]
    public async Task Says_so_when_the_file_is_no_gzip()
    {
        var refused = await Assert.ThrowsAsync<RunnerException>(() => Archives.Gunzip(Encoding.ASCII.GetBytes("PK\u0003\u0004 not a gzip file at all, but long enough")));

        Assert.Equal(ExitCode.Integrity, refused.ExitCode);
        Assert.Equal("the archive is not gzip", refused.Message);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(29)]
    [InlineData(MiB + (1 << 16) + 1)]
    [InlineData(int.MaxValue)]
    [InlineData(uint.MaxValue)]
    public async Task Refuses_a_length_that_no_member_can_have(long length)
    {
        var gzip = await Archives.Gzip(Data.Random(MiB));
        BinaryPrimitives.WriteUInt32LittleEndian(gzip.AsSpan(16), (uint)length);

        Assert.Null(await Outcome([.. gzip, .. new byte[MiB]]));
    }

    [Fact]
    public async Task Refuses_a_length_that_takes_in_the_next_member()
    {
        var gzip = await Archives.Gzip(small);
        byte[] two = [.. gzip, .. gzip];
        BinaryPrimitives.WriteUInt32LittleEndian(two.AsSpan(16), (uint)two.Length);

        Assert.Null(await Outcome(two));
    }

    [Fact]
    public async Task Refuses_a_member_with_more_data_than_any_of_ours()
    {
        var body = new MemoryStream();
        using (var gzip = new GZipStream(body, CompressionLevel.Optimal, leaveOpen: true))
            gzip.Write(new byte[MiB + 1]);
        byte[] member = [0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255, 8, 0, (byte)'B', (byte)'R', 4, 0, 0, 0, 0, 0, .. body.ToArray()[10..]];
        BinaryPrimitives.WriteUInt32LittleEndian(member.AsSpan(16), (uint)member.Length);

        Assert.Null(await Outcome(member));
    }

    [Fact]
    public async Task Says_where_the_damage_is()
    {
        var gzip = await Archives.Gzip(Data.Random(3 * MiB));
        var second = BinaryPrimitives.ReadInt32LittleEndian(gzip.AsSpan(16));
        gzip[second + 5000] ^= 1;

        var refused = await Assert.ThrowsAsync<RunnerException>(() => Archives.Gunzip(gzip));

        Assert.Equal($"the archive is damaged: the gzip member at byte {second} is not whole", refused.Message);
    }

    [Theory]
    [InlineData("ours")]
    [InlineData("stock")]
    public async Task Failures_of_source_and_target_come_through_as_they_are(string kind)
    {
        var gzip = kind == "ours" ? await Archives.Gzip(Data.Random(3 * MiB)) : Stock(Data.Random(3 * MiB));
        var broken = new IOException("connection reset");

        var source = await Assert.ThrowsAsync<IOException>(() => GzipReader.CopyTo(new FailingSource(gzip[..^9], broken), Stream.Null, 2, Cancel));
        await Assert.ThrowsAsync<TargetFailed>(() => GzipReader.CopyTo(new MemoryStream(gzip), new FailingStream(1), 2, Cancel));

        Assert.Same(broken, source);
    }

    [Theory]
    [InlineData("ours")]
    [InlineData("stock")]
    public async Task Cancelling_ends_it_while_the_target_blocks(string kind)
    {
        var gzip = kind == "ours" ? await Archives.Gzip(Data.Random(12 * MiB)) : Stock(Data.Random(3 * MiB));
        var target = new GateStream();
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var copy = GzipReader.CopyTo(new MemoryStream(gzip), target, 2, cancel.Token);

        await target.Entered;
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => copy);
    }

    [Fact]
    public async Task A_bomb_streams_through_in_constant_memory()
    {
        using var scratch = new Scratch();
        Shell.Bash($"head -c 300M /dev/zero | gzip -9 > '{scratch["bomb.gz"]}'");
        await using var source = File.OpenRead(scratch["bomb.gz"]);
        var target = new CountingStream();

        await GzipReader.CopyTo(source, target, 2, Cancel);

        Assert.Equal(300L * MiB, target.Bytes);
        Assert.InRange(target.LargestWrite, 1, MiB);
    }

    /// <returns>Null when it was refused as damaged.</returns>
    static async Task<byte[]?> Outcome(byte[] gzip)
    {
        try
        {
            return await Archives.Gunzip(gzip);
        }
        catch (RunnerException refused) when (refused.ExitCode == ExitCode.Integrity)
        {
            return null;
        }
    }

    static async Task<(byte[] Gzip, byte[] Data)> Make(string kind) => kind switch
    {
        "ours" => (await Archives.Gzip(small), small),
        "stock" => (Stock(small), small),
        "two stock members" => ([.. Stock(small), .. Stock(small)], [.. small, .. small]),
        "ours and stock" => ([.. await Archives.Gzip(small), .. Stock(small)], [.. small, .. small]),
        "stock with name" => ([0x1f, 0x8b, 8, 8, 1, 2, 3, 4, 0, 3, .. "name\0"u8, .. Stock(small)[10..]], small),
        "foreign extra field" => ([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255, 6, 0, (byte)'B', (byte)'C', 2, 0, 1, 2, .. Stock(small)[10..]], small),
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    static byte[] Stock(byte[] data)
    {
        var stream = new MemoryStream();
        using (var gzip = new GZipStream(stream, CompressionLevel.Optimal, leaveOpen: true))
            gzip.Write(data);
        return stream.ToArray();
    }
}
