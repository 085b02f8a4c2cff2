namespace BackupRunner.Templates.Rendering;

/// <summary>Guesses what a mistyped name was meant to be.</summary>
static class Nearest
{
    const int LongestName = 32;
    const int MostNames = 256;
    const int Farthest = 2;

    /// <returns>The end of a message; empty when no known name is near.</returns>
    public static string Hint(string name, IEnumerable<string> known)
    {
        if (name.Length > LongestName)
            return "";
        var near = known.Take(MostNames).Where(candidate => candidate.Length <= LongestName && Math.Abs(candidate.Length - name.Length) <= Farthest)
            .Select(candidate => (candidate, distance: Distance(name.ToUpperInvariant(), candidate.ToUpperInvariant())))
            .Where(pair => pair.distance <= Math.Min(Farthest, (name.Length - 1) / 2))
            .OrderBy(pair => pair.distance).ThenBy(pair => pair.candidate, StringComparer.Ordinal)
            .Select(pair => pair.candidate).FirstOrDefault();
        return near is null ? "" : $"; did you mean \"{near}\"?";
    }

    /// <summary>Levenshtein's.</summary>
    static int Distance(string a, string b)
    {
        Span<int> row = stackalloc int[LongestName + 1];
        for (var j = 0; j <= b.Length; j++)
            row[j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var above = row[j];
                row[j] = Math.Min(Math.Min(above, row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }
        return row[b.Length];
    }
}
