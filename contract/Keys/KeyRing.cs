namespace BackupRunner.Keys;

/// <summary>A ring that has a current key, sorted by what is recorded about its keys.</summary>
sealed record KeyRing(KeyId Current, SeenRing Seen, IReadOnlyDictionary<KeyId, KeyTimes> Times)
{
    static readonly KeyTimes Unknown = new();

    public IEnumerable<KeyId> Others => Seen.HeldSince.Keys.Where(id => id != Current).OrderBy(id => id.Text, StringComparer.Ordinal);

    /// <summary>Made to be promoted, the newest first. More than one only after somebody edited the Secret.</summary>
    public IEnumerable<KeyId> Pending => Others
        .Where(id => TimesOf(id) is { Created: not null, Promoted: null, Retired: null })
        .OrderByDescending(id => TimesOf(id).Created);

    /// <summary>Once current, or given up: to be removed some day. The first retired is the first.</summary>
    public IEnumerable<KeyId> Retired => Others.Where(id => TimesOf(id).Retired is not null).OrderBy(id => TimesOf(id).Retired);

    /// <summary>
    /// Put there by somebody else, who knows what for. Never promoted: not made to be. Never removed: it may be for backups that no policy of ours knows of.
    /// </summary>
    public IEnumerable<KeyId> Foreign => Others.Where(id => TimesOf(id) == Unknown);

    public KeyTimes TimesOf(KeyId id) => Times.GetValueOrDefault(id, Unknown);

    /// <summary>What must be recorded before times can be counted from. A key that came without a record is adopted: its time begins now.</summary>
    public IReadOnlyDictionary<KeyId, KeyTimes> Unrecorded(DateTimeOffset now)
    {
        var missing = new Dictionary<KeyId, KeyTimes>();
        var current = TimesOf(Current);
        // A retired key that is current again was brought back by hand: the time of its first promotion says nothing.
        if (current.Promoted is null || current.Retired is not null)
            missing[Current] = current with { Promoted = now, Retired = null };
        foreach (var id in Others.Where(id => TimesOf(id) is { Promoted: not null, Retired: null }).Concat(Pending.Skip(1)))
            missing[id] = TimesOf(id) with { Retired = now };
        return missing;
    }
}
