using System.Globalization;
using System.Text.RegularExpressions;

namespace BackupRunner.Hooks;

/// <summary>
/// What INFO persistence says about saves (redis.io, "INFO"). When a client asks several servers (<c>--cluster call</c>), the worst of them.
/// </summary>
/// <param name="InProgress">A save runs, ours or another.</param>
/// <param name="LastFailed">The last save that ended did so with an error.</param>
/// <param name="LastSaves">When each server's last good save ended, Unix seconds by its clock, in the order of the answer.</param>
/// <param name="Begun">Saves begun since the server started, each server's; empty before Redis 7.</param>
public sealed partial record RedisPersistence(bool InProgress, bool LastFailed, IReadOnlyList<long> LastSaves, IReadOnlyList<long> Begun)
{
    /// <returns>Null when <paramref name="info"/> does not say whether a save runs.</returns>
    public static RedisPersistence? Parse(string info)
    {
        var fields = Field().Matches(info)
            .ToLookup(match => match.Groups["name"].Value, match => match.Groups["value"].Value, StringComparer.Ordinal);
        if (!fields["bgsave_in_progress"].Any())
            return null;
        return new RedisPersistence(
            fields["bgsave_in_progress"].Any(value => value != "0"),
            fields["last_bgsave_status"].Any(value => value != "ok"),
            Numbers(fields["last_save_time"]),
            Numbers(fields["saves"]));
    }

    /// <summary>True when every server has finished a good save since <paramref name="before"/>; null when the servers do not say.</summary>
    public bool? SavedSince(RedisPersistence before)
    {
        if (LastSaves.Count == 0 || LastSaves.Count != before.LastSaves.Count)
            return null;
        // Not "later": the server's clock may have been set back.
        return LastSaves.Zip(before.LastSaves).All(pair => pair.First != pair.Second);
    }

    /// <summary>True when every server has begun a save since <paramref name="before"/>.</summary>
    public bool BegunSince(RedisPersistence before) =>
        SavedSince(before) == true
        || (Begun.Count > 0 && Begun.Count == before.Begun.Count && Begun.Zip(before.Begun).All(pair => pair.First != pair.Second));

    static IReadOnlyList<long> Numbers(IEnumerable<string> values) =>
        [.. values.Select(value => long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : 0)];

    [GeneratedRegex(@"\brdb_(?<name>bgsave_in_progress|last_bgsave_status|last_save_time|saves):(?<value>-?\w+)", RegexOptions.CultureInvariant)]
    private static partial Regex Field();
}
