using System.Buffers;
using System.Globalization;

namespace BackupRunner.Names;

/// <summary>
/// The name of one backup: its start in UTC to the second and six random base32 characters, <c>20261122t020000z-k3x7qa</c>.
/// Ids sort by time as text and are valid object and Kubernetes names.
/// </summary>
public sealed record BackupId
{
    public const int RandomBytes = 4;

    const string TimeFormat = "yyyyMMdd't'HHmmss'z'";
    const string Base32 = "abcdefghijklmnopqrstuvwxyz234567";
    static readonly SearchValues<char> Suffix = SearchValues.Create(Base32);

    const int SuffixLength = 6;
    const int TimeLength = 16;

    BackupId(string text, DateTimeOffset time) => (Text, Time) = (text, time);

    public string Text { get; }

    /// <summary>The start of the backup, UTC, to the second.</summary>
    public DateTimeOffset Time { get; }

    /// <param name="start">Any offset; stored as UTC.</param>
    /// <param name="random">At least <see cref="RandomBytes"/> bytes; 30 bits are used.</param>
    public static BackupId New(DateTimeOffset start, ReadOnlySpan<byte> random)
    {
        var bits = BitConverter.ToUInt32(random);
        Span<char> suffix = stackalloc char[SuffixLength];
        for (var i = 0; i < SuffixLength; i++, bits >>= 5)
            suffix[i] = Base32[(int)(bits & 31)];
        var utc = start.ToUniversalTime();
        return Parse($"{utc.ToString(TimeFormat, CultureInfo.InvariantCulture)}-{suffix}")!;
    }

    /// <returns>Null when <paramref name="text"/> is no backup id.</returns>
    public static BackupId? Parse(string text)
    {
        if (text.Length != TimeLength + 1 + SuffixLength || text[TimeLength] != '-')
            return null;
        if (text.AsSpan(TimeLength + 1).ContainsAnyExcept(Suffix))
            return null;
        return DateTimeOffset.TryParseExact(
            text[..TimeLength], TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? new BackupId(text, time)
            : null;
    }

    public override string ToString() => Text;
}
