using BackupRunner.Reports;
using BackupRunner.Schedule;

namespace BackupRunner.Keys;

/// <summary>Which old key may go. Only what is proven to be needed by no backup goes, and nothing that the wall clock says is part of the proof.</summary>
static class KeyRemoval
{
    /// <summary>Between two audits of a location that still needed a key, or that failed.</summary>
    public static readonly TimeSpan BetweenAudits = TimeSpan.FromDays(1);

    /// <param name="unready">Which copy is not in step, if one is not.</param>
    /// <param name="recorded">The locations that the Secret's annotation names.</param>
    public static KeyDecision Next(
        KeyRing keys, string? unready, IReadOnlyCollection<KeyCopy> copies, RotationTerms terms, IReadOnlySet<string> recorded, IReadOnlyCollection<KeyAudit> audits, Moment now)
    {
        var due = keys.Retired.Where(id => KeyRotation.Since(keys.TimesOf(id).Retired!.Value, now.Time) >= terms.Retention);
        var lost = Lost(keys, copies);
        var candidates = due.Concat(lost).ToList();
        if (candidates.Count == 0)
            return KeyRotation.Nothing(Idle(keys, terms, now.Time));
        if (unready is not null)
            return KeyRotation.Nothing($"{KeyRotation.Ids(candidates)} cannot be removed: {unready}");

        var settled = copies.Select(copy => copy.Seen!.CurrentSince).Append(keys.Seen.CurrentSince).Max() + KeyRotation.OutdatedMounts;
        if (now.Steady < settled)
            return KeyRotation.Nothing($"{KeyRotation.Ids(candidates)} cannot be removed: {keys.Current} must have been seen current everywhere for {Duration.Format(KeyRotation.OutdatedMounts)}");
        var locations = terms.Locations.Concat(recorded).Distinct().Order(StringComparer.Ordinal).ToList();
        var proofs = locations.ToDictionary(
            location => location,
            location => audits.Where(audit => audit.KeyIds is not null && audit.Location == location && audit.AskedAt >= settled && audit.AskedAt <= now.Steady).MaxBy(audit => audit.AskedAt));
        bool Needed(KeyId id) => proofs.Values.Any(proof => proof?.KeyIds!.Contains(id) == true);
        // A ring that somebody took a key from that backups need is for a person to mend, before anything else goes.
        var gone = lost.Find(Needed);
        if (gone is null && proofs.Values.All(proof => proof is not null) && candidates.Find(id => !Needed(id)) is { } free)
            return new KeyDecision(new KeyAction.Remove(free), $"no backup in {string.Join(", ", locations)} needs key {free} any more");

        var wanted = terms.Locations
            .Where(location => proofs[location] is not { } proof || candidates.Any(proof.KeyIds!.Contains))
            .Where(location => !audits.Any(audit => audit.Location == location && audit.AskedAt >= settled && now.Steady - audit.AskedAt < BetweenAudits))
            .ToList();
        if (wanted.Count > 0)
            return new KeyDecision(new KeyAction.Audit(wanted), $"whether backups in {string.Join(", ", wanted)} need {KeyRotation.Ids(candidates)} must be known before one is removed");
        return KeyRotation.Nothing(gone is null ? Waiting(candidates, locations, terms, proofs) : Mend(gone, copies));
    }

    /// <summary>Ours by its record, or in a copy still, but the Secret has it no more.</summary>
    static List<KeyId> Lost(KeyRing keys, IEnumerable<KeyCopy> copies) => [.. copies
        .SelectMany(copy => copy.Seen?.HeldSince.Keys ?? [])
        .Concat(keys.Times.Keys)
        .Where(id => !keys.Seen.Holds(id))
        .Distinct()
        .OrderBy(id => id.Text, StringComparer.Ordinal)];

    static string Waiting(List<KeyId> candidates, List<string> locations, RotationTerms terms, Dictionary<string, KeyAudit?> proofs)
    {
        if (locations.Find(location => proofs[location] is null && !terms.Locations.Contains(location)) is { } left)
            return $"{KeyRotation.Ids(candidates)} cannot be removed: no policy stores to {left} any more, so nobody can tell whether backups there need them; when they are not needed, take it out of the Secret's annotation";
        if (locations.Find(location => proofs[location] is null) is { } unknown)
            return $"{KeyRotation.Ids(candidates)} cannot be removed: there is no complete audit of {unknown} since {(candidates.Count == 1 ? "it" : "they")} went out of use";
        var needed = locations.Find(location => candidates.Any(proofs[location]!.KeyIds!.Contains))!;
        return $"{KeyRotation.Ids(candidates.Where(proofs[needed]!.KeyIds!.Contains))} cannot be removed: backups in {needed} need it; each next backup of their series rewraps them, \"keys rewrap\" does it at once";
    }

    static string Idle(KeyRing keys, RotationTerms terms, DateTimeOffset now)
    {
        if (keys.Retired.FirstOrDefault() is not { } next)
            return keys.Foreign.Any() ? $"{KeyRotation.Ids(keys.Foreign)} came by hand and can only go by hand" : "there is no old key";
        var retired = keys.TimesOf(next).Retired!.Value;
        return $"old key {next} stays until {UtcTime.Text((retired < now ? retired : now) + terms.Retention)} at least";
    }

    static string Mend(KeyId id, IEnumerable<KeyCopy> copies)
    {
        var copy = copies.FirstOrDefault(copy => copy.Seen?.Holds(id) == true);
        var from = copy is null ? "restore the field from wherever the Secret is kept" : $"copy the field back from namespace \"{copy.Namespace}\"";
        return $"backups need key {id}, which was taken out of the Secret; {from}; no key is removed until it is back";
    }
}
