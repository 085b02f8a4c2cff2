using System.Text;
using BackupRunner.Keys;

namespace BackupRunner.Tests.Keys;

public sealed class KeyEncryptionKeyTests
{
    /// <summary>32 bytes that are no text.</summary>
    static readonly byte[] raw = [.. Enumerable.Range(0, 32).Select(i => (byte)(i * 37 + 200))];

    static readonly string hex = Convert.ToHexStringLower(raw);
    static readonly string base64 = Convert.ToBase64String(raw);

    static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);

    public static TheoryData<string, byte[]> Good => new()
    {
        { "raw", raw },
        { "hex", Text(hex) },
        { "hex in capitals", Text(hex.ToUpperInvariant()) },
        { "hex with a line feed", Text(hex + "\n") },
        { "hex of Windows", Text("\t" + hex + "\r\n") },
        { "hex in groups", Text(string.Join(' ', hex.Chunk(8).Select(group => new string(group)))) },
        { "base64", Text(base64) },
        { "base64 with a line feed", Text(base64 + "\n") },
        { "base64 in two lines", Text(base64[..20] + "\n" + base64[20..] + "\n") },
        { "base64 between blanks", Text("  " + base64 + " \t ") },
    };

    [Theory]
    [MemberData(nameof(Good))]
    public void Reads_a_key(string how, byte[] content)
    {
        Assert.True(KeyEncryptionKey.TryParse(content, out var key, out var problem), how + ": " + problem);
        Assert.Equal(raw, key.Material);
        Assert.Equal(KeyId.Of(raw), key.Id);
        Assert.Null(problem);
        key.Dispose();
    }

    /// <summary>32 bytes are a key as they are, whatever they end or begin with.</summary>
    [Theory]
    [InlineData((byte)'\n')]
    [InlineData((byte)' ')]
    [InlineData((byte)0)]
    [InlineData((byte)'=')]
    public void Raw_bytes_are_never_trimmed(byte end)
    {
        byte[] content = [end, .. raw[1..31], end];
        Assert.True(KeyEncryptionKey.TryParse(content, out var key, out _));
        Assert.Equal(content, key.Material);
        key.Dispose();
    }

    public static TheoryData<string, byte[]> Bad => new()
    {
        { "is empty", [] },
        { "is nothing but white space", Text(" \r\n\t") },
        { "has 31 bytes", raw[..31] },
        { "has 33 bytes", [.. raw, 1] },
        { "has 33 bytes", [.. raw, (byte)'\n'] },
        { "has 32 hex digits, not 64", Text(hex[..32]) },
        { "has 32 hex digits, not 64", Text(hex[..32] + "\n") },
        { "has 63 hex digits, not 64", Text(hex[..63]) },
        { "has 66 hex digits, not 64", Text(hex + "00") },
        { "has 128 hex digits, not 64", Text(hex + hex) },
        { "is base64 of 48 bytes, not of 32", Text("zz" + hex[2..]) },
        { "has 66 bytes", Text("0x" + hex) },
        { "has 64 bytes", Text(hex[..63] + "!") },
        { "is base64 of 31 bytes, not of 32", Text(Convert.ToBase64String(raw[..31])) },
        { "is base64 of 33 bytes, not of 32", Text(Convert.ToBase64String([.. raw, 1])) },
        { "has 43 bytes", Text(base64.TrimEnd('=')) },
        { "has 44 bytes", Text(Convert.ToBase64String([.. Enumerable.Repeat((byte)0xff, 32)]).Replace('/', '_')) },
        { "has 12 bytes", Text("correct hors") },
        { "has 1025 bytes", new byte[1025] },
        { "has 1024 bytes", new byte[1024] },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public void Says_what_was_found_instead_of_a_key(string expected, byte[] content)
    {
        Assert.False(KeyEncryptionKey.TryParse(content, out var key, out var problem));
        Assert.Null(key);
        Assert.Equal(expected, problem);
    }

    [Fact]
    public void Does_not_show_itself()
    {
        Assert.True(KeyEncryptionKey.TryParse(raw, out var key, out _));
        Assert.Equal("key " + KeyId.Of(raw), $"{key}");
        key.Dispose();
        Assert.Throws<ObjectDisposedException>(() => key.Material.Length);
    }

    /// <summary>SHA-256 of 32 zeros, as sha256sum prints it, begins so.</summary>
    [Fact]
    public void An_id_is_the_beginning_of_a_sha256() => Assert.Equal("66687aadf862bd77", KeyId.Of(new byte[32]).Text);

    [Theory]
    [InlineData("66687aadf862bd77", true)]
    [InlineData("66687AADF862BD77", false)]
    [InlineData("66687aadf862bd7", false)]
    [InlineData("66687aadf862bd777", false)]
    [InlineData("66687aadf862bd7g", false)]
    [InlineData("", false)]
    public void An_id_has_16_hex_digits(string text, bool isId) => Assert.Equal(isId, KeyId.Parse(text) is not null);
}
