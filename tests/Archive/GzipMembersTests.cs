using System.Buffers.Binary;
using System.IO.Compression;
using BackupRunner.Archive;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Archive;

public sealed class GzipMembersTests
{
    const int MiB = 1 << 20;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<int> Sizes => [0, 1, 511, MiB - 1, MiB, MiB + 1, (7 * MiB) + 12345];

    [Theory]
    [MemberData(nameof(Sizes))]
    public async Task What_goes_in_comes_out_of_our_reader_and_of_stock_tools(int bytes)
    {
        using var scratch = new Scratch();
        var data = Data.Mixed(bytes);
        var file = scratch["data.gz"];
        await File.WriteAllBytesAsync(scratch["data"], data, Cancel);

        var gzip = await Archives.Gzip(data);

        await File.WriteAllBytesAsync(file, gzip, Cancel);
        Assert.Equal(data, await Archives.Gunzip(gzip));
        Shell.Bash($"cd '{scratch.Path}'; gzip -t data.gz; pigz -dc data.gz | cmp - data; zcat data.gz | cmp - data; pigz -t data.gz");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(6)]
    [InlineData(9)]
    public async Task The_lengths_in_the_headers_walk_the_file(int level)
    {
        var data = Data.Mixed((5 * MiB) + 777);

        var gzip = await Archives.Gzip(data, level);

        var members = 0;
        var raw = new MemoryStream();
        for (var at = 0; at < gzip.Length; members++)
        {
            byte[] header = [0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255, 8, 0, (byte)'B', (byte)'R', 4, 0];
            Assert.Equal(header, gzip[at..(at + 16)]);
            var length = BinaryPrimitives.ReadInt32LittleEndian(gzip.AsSpan(at + 16));
            var before = raw.Length;
            using (var member = new GZipStream(new MemoryStream(gzip, at, length), CompressionMode.Decompress))
                member.CopyTo(raw);
            var size = BinaryPrimitives.ReadInt32LittleEndian(gzip.AsSpan(at + length - 4));
            Assert.Equal(raw.Length - before, size);
            Assert.True(size <= MiB);
            at += length;
        }
        Assert.Equal(6, members);
        Assert.Equal(data, raw.ToArray());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(6)]
    [InlineData(9)]
    public async Task Data_that_cannot_be_compressed_hardly_grows(int level)
    {
        var data = Data.Random(3 * MiB);

        var gzip = await Archives.Gzip(data, level);

        Assert.InRange(gzip.Length, data.Length, data.Length + (data.Length / 500));
        Assert.Equal(data, await Archives.Gunzip(gzip));
    }

    [Fact]
    public async Task The_size_is_within_five_percent_of_gzip()
    {
        using var scratch = new Scratch();
        var data = Data.Mixed(6 * MiB);
        await File.WriteAllBytesAsync(scratch["data"], data, Cancel);
        var stock = long.Parse(Shell.Bash($"gzip -6 -c '{scratch["data"]}' | wc -c"), System.Globalization.CultureInfo.InvariantCulture);

        var ours = (await Archives.Gzip(data)).Length;

        Assert.InRange(ours, 0, stock * 1.05);
    }

    [Fact]
    public async Task How_the_input_is_cut_does_not_matter_and_the_bytes_are_counted()
    {
        var data = Data.Mixed((2 * MiB) + 99);
        var whole = await Archives.Gzip(data);
        var target = new MemoryStream();
        await using var gzip = new GzipMembersStream(target, 6, 3);

        for (var at = 0; at < data.Length; at += 700_001)
            await gzip.WriteAsync(data.AsMemory(at, Math.Min(700_001, data.Length - at)), Cancel);
        await gzip.Complete(Cancel);

        Assert.Equal(whole, target.ToArray());
        Assert.Equal(data.Length, gzip.RawBytes);
        Assert.Equal(whole.Length, gzip.PackedBytes);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(5)]
    public async Task A_target_that_fails_ends_everything_with_its_own_exception(int afterWrites)
    {
        await using var gzip = new GzipMembersStream(new FailingStream(afterWrites), 1, 2);

        var thrown = await Assert.ThrowsAsync<TargetFailed>(async () =>
        {
            for (var i = 0; i < 100; i++)
                await gzip.WriteAsync(Data.Random(MiB), Cancel);
            await gzip.Complete(Cancel);
        });

        Assert.Equal(afterWrites, thrown.Writes);
        await Assert.ThrowsAsync<TargetFailed>(async () => await gzip.WriteAsync(new byte[MiB], Cancel));
    }

    [Fact]
    public async Task A_target_that_fails_at_the_very_end_fails_the_completion()
    {
        await using var gzip = new GzipMembersStream(new FailingStream(0), 6, 2);
        await gzip.WriteAsync(new byte[10], Cancel);

        await Assert.ThrowsAsync<TargetFailed>(() => gzip.Complete(Cancel));
    }

    [Fact]
    public async Task A_target_that_blocks_stops_the_writer_after_a_bounded_number_of_members()
    {
        var target = new GateStream();
        var gzip = new GzipMembersStream(target, 1, 2);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var written = 0;
        var writer = Task.Run(async () =>
        {
            for (; ; written++)
                await gzip.WriteAsync(new byte[MiB], cancel.Token);
        }, Cancel);

        await target.Entered;
        await gzip.DisposeAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => writer);

        Assert.InRange(written, 0, 6);
    }

    [Fact]
    public async Task Cancelling_a_write_that_waits_for_the_target_ends_it()
    {
        var target = new GateStream();
        await using var gzip = new GzipMembersStream(target, 1, 1);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var writer = Task.Run(async () =>
        {
            for (; ; )
                await gzip.WriteAsync(new byte[MiB], cancel.Token);
        }, Cancel);

        await target.Entered;
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writer);
    }

    [Fact]
    public async Task Cancelling_the_completion_ends_it_while_the_target_blocks()
    {
        var target = new GateStream();
        await using var gzip = new GzipMembersStream(target, 1, 1);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        await gzip.WriteAsync(new byte[MiB], Cancel);
        var completion = gzip.Complete(cancel.Token);

        await target.Entered;
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => completion);
    }

    [Fact]
    public async Task Abandoned_it_never_leaves_a_well_formed_end()
    {
        var target = new MemoryStream();
        await using (var gzip = new GzipMembersStream(target, 6, 2))
            await gzip.WriteAsync(Data.Mixed(MiB / 2), Cancel);

        Assert.Empty(target.ToArray());
    }
}
