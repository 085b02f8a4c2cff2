using System.Globalization;
using System.Text;
using BackupRunner.Policy.Reading;
using YamlDotNet.Core;

namespace BackupRunner.Policy.Yaml;

/// <summary>
/// One YAML 1.2 document as a tree with marks. What could make a small text into a large tree, or say something else than it shows, is
/// refused: anchors and aliases, tags, more than one document, depth beyond <see cref="MaximumDepth"/>, control characters.
/// </summary>
static class YamlDocument
{
    public const int MaximumDepth = 32;

    /// <returns>Null when there is a problem that leaves no tree to read.</returns>
    public static YamlNode? Read(string text, ProblemList problems)
    {
        if (Encoding.UTF8.GetByteCount(text) > PolicyDocument.MaximumBytes)
        {
            problems.Add("", new PolicyMark(1, 1), $"is larger than {PolicyDocument.MaximumBytes >> 20} MiB");
            return null;
        }
        if (text.StartsWith('\ufeff'))
            text = text[1..];
        if (FirstUnprintable(text) is { } place)
        {
            problems.Add("", place.Mark, string.Create(CultureInfo.InvariantCulture, $"holds the character U+{place.Code:X4}, which YAML does not allow"));
            return null;
        }
        try
        {
            return new YamlTreeReader(text, problems).Read();
        }
        catch (YamlException malformed)
        {
            problems.Add("", Place(text, malformed), "is not valid YAML: " + Sentence(malformed));
            return null;
        }
    }

    static PolicyMark Place(string text, YamlException malformed)
    {
        var at = YamlTreeReader.At(malformed.End.Line > 0 ? malformed.End : malformed.Start);
        if (!malformed.Message.Contains("tab as indentation", StringComparison.Ordinal))
            return at;
        // It gives the place of the mapping; the tab is in the first line that is indented by one.
        var tab = text.ReplaceLineEndings("\n").Split('\n').Index().Skip(at.Line - 1)
            .FirstOrDefault(line => line.Item.AsSpan().TrimStart(' ').StartsWith("\t", StringComparison.Ordinal), (Index: -1, Item: ""));
        return tab.Index < 0 ? at : new PolicyMark(tab.Index + 1, tab.Item.IndexOf('\t', StringComparison.Ordinal) + 1);
    }

    // YamlDotNet's sentences begin in upper case and end in a full stop; ours do not.
    static string Sentence(YamlException malformed)
    {
        var words = malformed.Message.Trim().TrimEnd('.').ReplaceLineEndings(" ");
        return words.Length == 0 ? "it cannot be read" : char.ToLowerInvariant(words[0]) + words[1..];
    }

    // YAML 1.2, 5.1: c-printable.
    static (PolicyMark Mark, int Code)? FirstUnprintable(string text)
    {
        var (line, start) = (1, 0);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '\n' || (c == '\r' && (i + 1 == text.Length || text[i + 1] != '\n')))
                (line, start) = (line + 1, i + 1);
            var paired = char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]);
            if ((char.IsControl(c) && c is not ('\t' or '\n' or '\r' or '\u0085')) || (char.IsSurrogate(c) && !paired) || c is '\ufffe' or '\uffff')
                return (new PolicyMark(line, i - start + 1), c);
            if (paired)
                i++;
        }
        return null;
    }
}
