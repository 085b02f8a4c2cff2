using System.Globalization;

namespace BackupRunner.Archive;

/// <summary>An owner by number, as <c>restore.owner</c> writes it: <c>uid:gid</c>.</summary>
public sealed record NumericOwner(uint Uid, uint Gid)
{
    /// <returns>Null when <paramref name="text"/> is not two decimal numbers that can be owners (4294967295 means "leave it" to
    /// chown).</returns>
    public static NumericOwner? Parse(string text)
    {
        var parts = text.Split(':');
        return parts.Length == 2 && Id(parts[0]) is { } uid && Id(parts[1]) is { } gid ? new NumericOwner(uid, gid) : null;
    }

    public override string ToString() => $"{Uid}:{Gid}";

    static uint? Id(string text) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id != uint.MaxValue ? id : null;
}
