using BackupRunner.Encryption;
using static BackupRunner.Tests.Encryption.Ciphers;

namespace BackupRunner.Tests.Encryption;

/// <summary>Whoever can write the store may do all of this to an archive.</summary>
public sealed class GcmTamperTests : IDisposable
{
    const int Segment = 1 << 20;
    const int First = Segment - 56;
    const int Next = Segment - 16;

    /// <summary>Four segments: a first, two full ones, and a rest.</summary>
    static readonly byte[] data = Data(First + (2 * Next) + 1000);

    /// <summary>Two segments, both full.</summary>
    static readonly byte[] full = Data(First + Next, 5);

    readonly DataKey key = Key();

    public void Dispose() => key.Dispose();

    GcmCipher Cipher => new(key, Id);

    /// <summary>An archive as it is stored, and its parts.</summary>
    sealed record Stored(byte[] All)
    {
        public byte[] Header => All[..40];

        public byte[] Segment(int number) => All[(number == 0 ? 40 : number * GcmTamperTests.Segment)..Math.Min(All.Length, (number + 1) * GcmTamperTests.Segment)];

        public byte[] With(params int[] segments) => [.. Header, .. segments.SelectMany(Segment)];

        public byte[] Flipped(int at) => [.. All[..at], (byte)(All[at] ^ 0x10), .. All[(at + 1)..]];
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(32, 0)]
    [InlineData(33, 0)]
    [InlineData(39, 0)]
    [InlineData(40, 0)]
    [InlineData(Segment - 1, 0)]
    [InlineData(Segment, 1)]
    [InlineData((2 * Segment) - 1, 1)]
    [InlineData(2 * Segment, 2)]
    [InlineData((2 * Segment) + 500_000, 2)]
    [InlineData(3 * Segment, 3)]
    [InlineData((3 * Segment) + 1015, 3)]
    public async Task Refuses_the_segment_that_has_a_flipped_bit(int at, int segment) =>
        await RefusesAfter(segment, (await Original()).Flipped(at), $"segment {segment} of the archive (bytes {Math.Max(40, segment * Segment)} to {(segment == 3 ? (3 * Segment) + 1015 : ((segment + 1) * Segment) - 1)}) does not authenticate: it was altered");

    [Theory]
    [InlineData(0, 0, "the archive was cut: it ends after 0 bytes, inside the header of 40")]
    [InlineData(39, 0, "the archive was cut: it ends after 39 bytes, inside the header of 40")]
    [InlineData(40, 0, "the archive was cut: it ends after 40 bytes, inside segment 0")]
    [InlineData(55, 0, "the archive was cut: it ends after 55 bytes, inside segment 0")]
    [InlineData(56, 0, "segment 0 of the archive (bytes 40 to 55) does not authenticate")]
    [InlineData(Segment - 1, 0, "segment 0 of the archive (bytes 40 to 1048574) does not authenticate")]
    [InlineData(Segment, 0, "the archive was cut: it ends after 1048576 bytes with segment 0, which is not its last")]
    [InlineData(Segment + 1, 1, "the archive was cut: it ends after 1048577 bytes, inside segment 1")]
    [InlineData(Segment + 15, 1, "the archive was cut: it ends after 1048591 bytes, inside segment 1")]
    [InlineData(Segment + 16, 1, "segment 1 of the archive (bytes 1048576 to 1048591) does not authenticate")]
    [InlineData(2 * Segment, 1, "the archive was cut: it ends after 2097152 bytes with segment 1, which is not its last")]
    [InlineData(3 * Segment, 2, "the archive was cut: it ends after 3145728 bytes with segment 2, which is not its last")]
    [InlineData((3 * Segment) + 1015, 3, "segment 3 of the archive (bytes 3145728 to 3146742) does not authenticate: it was altered, cut, or moved")]
    public async Task Refuses_an_archive_that_was_cut(int length, int segment, string message) => await RefusesAfter(segment, (await Original()).All[..length], message);

    [Theory]
    [InlineData("0213", 1)]
    [InlineData("0123123", 3)]
    [InlineData("00123", 1)]
    [InlineData("0113", 2)]
    [InlineData("01123", 2)]
    [InlineData("01223", 3)]
    [InlineData("023", 1)]
    [InlineData("013", 2)]
    [InlineData("03", 1)]
    [InlineData("123", 0)]
    [InlineData("3", 0)]
    [InlineData("0132", 2)]
    [InlineData("01233", 3)]
    public async Task Refuses_segments_that_were_dropped_repeated_or_moved(string segments, int good)
    {
        var changed = (await Original()).With([.. segments.Select(digit => digit - '0')]);
        await RefusesAfter(good, changed, $"segment {good} of the archive");
    }

    [Fact]
    public async Task Refuses_bytes_after_the_end()
    {
        var original = await Original();
        await RefusesAfter(3, [.. original.All, 0], "segment 3 of the archive (bytes 3145728 to 3146744) does not authenticate");
        await RefusesAfter(3, [.. original.All, .. original.All], "segment 3 of the archive (bytes 3145728 to 4194303) does not authenticate");

        var whole = await Encrypt(Cipher, full);
        foreach (var added in (byte[][])[[0], new byte[16], new byte[Segment], whole])
        {
            var (refusal, before) = await Refused(Cipher, [.. whole, .. added]);
            Assert.Equal("the archive was altered: segment 1, which ends at byte 2097152, is its last, and more bytes follow", refusal.Message);
            Assert.Equal(full[..First], before);
        }
    }

    [Fact]
    public async Task Refuses_segments_of_another_archive_of_the_same_backup_and_key()
    {
        var (one, other) = (await Original(), await Original());
        for (var i = 0; i < 4; i++)
        {
            byte[] mixed = [.. one.Header, .. Enumerable.Range(0, 4).SelectMany(number => (number == i ? other : one).Segment(number))];
            await RefusesAfter(i, mixed, $"segment {i} of the archive");
        }
        await RefusesAfter(0, [.. other.Header, .. one.All[40..]], "segment 0 of the archive (bytes 40 to 1048575) does not authenticate: it was altered, or belongs to another backup or another key");
    }

    [Fact]
    public async Task Refuses_the_archive_of_another_backup_and_another_key()
    {
        var original = (await Original()).All;
        using var otherKey = Key(9);
        foreach (var cipher in (GcmCipher[])[new(key, OtherId), new(otherKey, Id)])
        {
            var (refusal, before) = await Refused(cipher, original);
            Assert.Equal("segment 0 of the archive (bytes 40 to 1048575) does not authenticate: it was altered, or belongs to another backup or another key", refusal.Message);
            Assert.Empty(before);
        }
    }

    [Fact]
    public async Task Refuses_what_does_not_begin_with_a_header()
    {
        var original = (await Original()).All;
        await RefusesAfter(0, [0x18, .. original[1..]], "the archive begins with byte 0x18, not with 0x28: it was altered, or is not encrypted with aes256-gcm");
        await RefusesAfter(0, new byte[100], "the archive begins with byte 0x00, not with 0x28");
    }

    /// <summary>Only who has the key can make this; Tink does not, and does not read it.</summary>
    [Fact]
    public async Task Refuses_an_empty_last_segment()
    {
        var header = GcmSegments.NewHeader();
        using var segments = new GcmSegments(key, Id, header);
        var (first, second) = (new byte[Segment - 40], new byte[16]);
        segments.Seal(0, last: false, data.AsSpan(0, First), first);
        segments.Seal(1, last: true, [], second);
        await RefusesAfter(1, [.. header, .. first, .. second], "segment 1 of the archive (from byte 1048576) is empty");
    }

    [Fact]
    public async Task Every_byte_of_a_small_archive_counts()
    {
        var stored = await Encrypt(Cipher, data[..50]);
        for (var i = 0; i < stored.Length; i++)
        {
            var (_, flipped) = await Refused(Cipher, new Stored(stored).Flipped(i));
            var (_, cut) = await Refused(Cipher, stored[..i]);
            Assert.Empty(flipped);
            Assert.Empty(cut);
        }
    }

    async Task<Stored> Original() => new(await Encrypt(Cipher, data));

    /// <param name="segments">How many come out before.</param>
    async Task RefusesAfter(int segments, byte[] stored, string message)
    {
        var (refusal, before) = await Refused(Cipher, stored);
        Assert.StartsWith(message, refusal.Message, StringComparison.Ordinal);
        Assert.Equal(segments == 0 ? 0 : First + ((segments - 1) * Next), before.Length);
        Assert.Equal(data[..before.Length], before);
    }
}
