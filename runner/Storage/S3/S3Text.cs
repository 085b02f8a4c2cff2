namespace BackupRunner.Storage.S3;

/// <summary>A service's own words inside a message of ours.</summary>
static class S3Text
{
    const int MaxCharacters = 300;

    /// <summary>On one line, of bounded length, without control characters and without a full stop.</summary>
    public static string OneLine(string text)
    {
        var words = string.Join(' ', new string([.. text.Select(c => char.IsControl(c) ? ' ' : c)]).Split(' ', StringSplitOptions.RemoveEmptyEntries));
        return (words.Length > MaxCharacters ? words[..MaxCharacters] + "..." : words).TrimEnd('.');
    }
}
