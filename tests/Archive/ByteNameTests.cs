using System.Text;
using BackupRunner.Posix;

namespace BackupRunner.Tests.Archive;

public sealed class ByteNameTests
{
    [Theory]
    [InlineData("plain name", "plain name")]
    [InlineData("\u5907\u4efd \u00e9", "\u5907\u4efd \u00e9")]
    [InlineData("a\nb\u001b[0m\u007f\t", "a\\x0ab\\x1b[0m\\x7f\\x09")]
    [InlineData("back\\slash \\x41", "back\\\\slash \\\\x41")]
    [InlineData("right\u202eleft\u200b\u2028", "right\\xe2\\x80\\xaeleft\\xe2\\x80\\x8b\\xe2\\x80\\xa8")]
    [InlineData("", "")]
    public void Keeps_what_is_printable_and_shows_the_rest_in_hex(string name, string shown) =>
        Assert.Equal(shown, ByteName.Show(Encoding.UTF8.GetBytes(name)));

    [Fact]
    public void Shows_every_byte_that_is_not_utf8()
    {
        Assert.Equal("a\\xff\\xfeb\\xc3", ByteName.Show([(byte)'a', 0xff, 0xfe, (byte)'b', 0xc3]));
        Assert.Equal("\\xed\\xa0\\x80", ByteName.Show([0xed, 0xa0, 0x80])); // a surrogate
    }
}
