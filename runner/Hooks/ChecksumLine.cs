using System.Text.RegularExpressions;

namespace BackupRunner.Hooks;

/// <summary>What sha256sum writes: <c>hash  name</c>, <c>hash *name</c>, with <c>--tag</c> <c>SHA256 (name) = hash</c>; or a hash alone.</summary>
public static partial class ChecksumLine
{
    /// <returns>The hash of <paramref name="archiveName"/> in lower-case hex; null when the text has none or more than one.</returns>
    /// <param name="archiveName">Without its folder: the file may have been written from another one.</param>
    public static string? Find(string text, string archiveName)
    {
        var hashes = Line().Matches(text)
            .Where(line => line.Groups["name"].Value is var name && (name.Length == 0 || Path.GetFileName(name.TrimEnd()) == archiveName))
            .Select(line => line.Groups["hash"].Value.ToLowerInvariant())
            .Distinct(StringComparer.Ordinal)
            .ToList();
        return hashes.Count == 1 ? hashes[0] : null;
    }

    [GeneratedRegex(@"^\\?(?:(?<hash>[0-9a-fA-F]{64})(?:[ \t]+\*?(?<name>[^\r\n]*))?|SHA256 \((?<name>[^\r\n]+)\) = (?<hash>[0-9a-fA-F]{64}))\r?$",
        RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex Line();
}
