namespace BackupRunner.Policy.Reading;

/// <summary>The word that was probably meant.</summary>
public static class Nearest
{
    const int Longest = 40;

    internal static string UnknownKey(string key, IReadOnlyCollection<string> known)
    {
        var nearest = Of(key, known);
        return "unknown key " + Quoted.Of(key) + (key == "<<" ? "; merge keys are not supported"
            : nearest is not null ? $"; did you mean {Quoted.Of(nearest)}?"
            : $"; known here: {string.Join(", ", known)}");
    }

    /// <returns>Null when no known word is near: fewer than a third of its letters differ, or only their case.</returns>
    public static string? Of(string word, IEnumerable<string> known)
    {
        if (word.Length > Longest)
            return null;
        var nearest = known
            .Select(candidate => (Word: candidate, Distance: Distance(word.ToLowerInvariant(), candidate.ToLowerInvariant())))
            .OrderBy(candidate => candidate.Distance)
            .FirstOrDefault((Word: "", Distance: int.MaxValue));
        return nearest.Distance <= Math.Max(1, Math.Max(word.Length, nearest.Word.Length) / 3) ? nearest.Word : null;
    }

    // Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours.
    static int Distance(string a, string b)
    {
        var cost = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
            cost[i, 0] = i;
        for (var j = 0; j <= b.Length; j++)
            cost[0, j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                var change = cost[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                cost[i, j] = Math.Min(change, Math.Min(cost[i - 1, j], cost[i, j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    cost[i, j] = Math.Min(cost[i, j], cost[i - 2, j - 2] + 1);
            }
        }
        return cost[a.Length, b.Length];
    }
}
