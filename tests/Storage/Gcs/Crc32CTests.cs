using System.Text;
using BackupRunner.Storage.Gcs;

namespace BackupRunner.Tests.Storage.Gcs;

public sealed class Crc32CTests
{
    /// <summary>The check value of CRC-32C is E3069283; the others are of RFC 3720, B.4.</summary>
    [Fact]
    public void It_is_the_one_of_castagnoli()
    {
        Assert.Equal("AAAAAA==", default(Crc32C).ToString());
        Assert.Equal(Convert.ToBase64String([0xE3, 0x06, 0x92, 0x83]), default(Crc32C).Append("123456789"u8).ToString());
        Assert.Equal(Convert.ToBase64String([0x8A, 0x91, 0x36, 0xAA]), default(Crc32C).Append(new byte[32]).ToString());
    }

    [Fact]
    public void It_can_be_taken_in_pieces_of_any_length()
    {
        var text = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("0123456789abcdef", 40)));
        for (var cut = 0; cut < 40; cut++)
            Assert.Equal(FakeGcsChecksums.Crc32C(text), default(Crc32C).Append(text.AsSpan(0, cut)).Append(text.AsSpan(cut)).ToString());
    }
}
