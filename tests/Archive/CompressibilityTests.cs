using System.IO.Compression;
using BackupRunner.Archive;

namespace BackupRunner.Tests.Archive;

public sealed class CompressibilityTests
{
    const int MiB = 1 << 20;

    [Fact]
    public void Random_and_compressed_data_looks_random()
    {
        var gzipped = new MemoryStream();
        using (var gzip = new GZipStream(gzipped, CompressionLevel.Optimal, leaveOpen: true))
            gzip.Write(Data.Text(12 * MiB));

        Assert.True(Compressibility.LooksRandom(Data.Random(MiB), MiB, new byte[2 * MiB]));
        Assert.True(Compressibility.LooksRandom(gzipped.ToArray(), MiB, new byte[2 * MiB]));
    }

    public static TheoryData<string> Compressible => ["text", "zeros", "hex", "base64", "repeated block", "half text", "sixteenth text", "counters", "floats", "short"];

    [Theory]
    [MemberData(nameof(Compressible))]
    public async Task What_deflate_can_shrink_is_not_stored(string kind)
    {
        var random = Data.Random(MiB);
        byte[] data = kind switch
        {
            "text" => Data.Text(MiB),
            "zeros" => new byte[MiB],
            "hex" => [.. Convert.ToHexString(random).Take(MiB).Select(c => (byte)c)],
            "base64" => [.. Convert.ToBase64String(random).Take(MiB).Select(c => (byte)c)],
            "repeated block" => [.. Enumerable.Repeat(random[..20_000], 53).SelectMany(block => block).Take(MiB)],
            "half text" => [.. random[..(MiB / 2)], .. Data.Text(MiB / 2)],
            "sixteenth text" => [.. random[..(MiB / 16 * 15)], .. Data.Text(MiB / 16)],
            "counters" => [.. Enumerable.Range(0, MiB / 8).SelectMany(i => BitConverter.GetBytes(1_000_000_007L * i))],
            "floats" => [.. Enumerable.Range(0, MiB / 8).SelectMany(i => BitConverter.GetBytes(Math.Sin(i)))],
            _ => random[..1000],
        };

        Assert.False(Compressibility.LooksRandom(data, data.Length, new byte[2 * MiB]));
        Assert.InRange((await Archives.Gzip(data)).Length, 0, kind == "short" ? 1100 : data.Length * 0.98);
    }
}
