using System.Globalization;

namespace BackupRunner.Tests.Kube.Fake;

/// <summary>Whether the server takes a cron schedule, in the words of its parser (github.com/robfig/cron v3).</summary>
public static class FakeSchedule
{
    static readonly (int Least, int Most, string[] Names)[] Bounds =
    [
        (0, 59, []), (0, 23, []), (1, 31, []), (1, 12, ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]),
        (0, 6, ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]),
    ];

    public static string? Problem(string schedule)
    {
        if (schedule.StartsWith('@'))
            return schedule is "@yearly" or "@annually" or "@monthly" or "@weekly" or "@daily" or "@midnight" or "@hourly" || schedule.StartsWith("@every ", StringComparison.Ordinal)
                ? null : $"unrecognized descriptor: {schedule}";
        var fields = schedule.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length == 0)
            return "empty spec string";
        if (fields.Length != 5)
            return $"expected exactly 5 fields, found {fields.Length}: [{string.Join(' ', fields)}]";
        return fields.Zip(Bounds).SelectMany(field => field.First.Split(',').Select(term => Term(term, field.Second))).FirstOrDefault(problem => problem is not null);
    }

    static string? Term(string term, (int Least, int Most, string[] Names) bounds)
    {
        var halves = term.Split('/');
        var range = halves[0].Split('-');
        if (halves.Length > 2)
            return $"too many slashes: {term}";
        if (range.Length > 2)
            return $"too many hyphens: {term}";
        var star = range[0] is "*" or "?";
        if (!Number(range[0], bounds.Names, star ? bounds.Least : null, out var start) || !Number(range[^1], bounds.Names, star ? bounds.Most : null, out var end))
            return $"failed to parse int from {(Number(range[0], bounds.Names, star ? 0 : null, out _) ? range[^1] : range[0])}: strconv.Atoi: parsing \"{range[0]}\": invalid syntax";
        if (halves.Length == 2 && (!int.TryParse(halves[1], NumberStyles.None, CultureInfo.InvariantCulture, out var step) || step == 0))
            return step == 0 && halves[1] == "0" ? $"step of range should be a positive number: {term}" : $"failed to parse int from {halves[1]}: strconv.Atoi: parsing \"{halves[1]}\": invalid syntax";
        if (halves.Length == 2 && range.Length == 1)
            end = bounds.Most;
        return start < bounds.Least ? $"beginning of range ({start}) below minimum ({bounds.Least}): {term}"
            : end > bounds.Most ? $"end of range ({end}) above maximum ({bounds.Most}): {term}"
            : start > end ? $"beginning of range ({start}) beyond end of range ({end}): {term}" : null;
    }

    static bool Number(string text, string[] names, int? star, out int value)
    {
        value = star ?? Array.IndexOf(names, text.ToLowerInvariant()) + (names.Length == 12 ? 1 : 0);
        return star is not null || names.Contains(text.ToLowerInvariant()) || int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }
}
