using System.Globalization;
using BackupRunner.Policy.Reading;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace BackupRunner.Policy.Yaml;

/// <summary>Builds the tree of <see cref="YamlDocument"/> from YamlDotNet's events.</summary>
sealed class YamlTreeReader
{
    readonly ProblemList problems;
    readonly Scanner scanner;
    readonly Parser events;
    readonly List<string> steps = [];

    public YamlTreeReader(string text, ProblemList problems)
    {
        this.problems = problems;
        scanner = new Scanner(new StringReader(text), skipComments: true);
        events = new Parser(scanner);
    }

    public static PolicyMark At(in Mark mark) => new((int)mark.Line, (int)mark.Column);

    public YamlNode? Read()
    {
        Take<StreamStart>();
        if (events.Current is StreamEnd)
            return Empty();
        Take<DocumentStart>();
        var root = Node();
        if (root is null)
            return null;
        if (YamlValue.IsNull(root))
            return Empty();
        Take<DocumentEnd>();
        return events.Current is DocumentStart second ? Refuse(second, "has a second document (after \"---\"); give one") : root;
    }

    YamlNode? Empty()
    {
        problems.Add("", new PolicyMark(1, 1), "is empty; the root key is \"backup\"");
        return null;
    }

    /// <summary>Takes the event that the grammar has here and moves to the next.</summary>
    void Take<T>()
        where T : ParsingEvent
    {
        if (events.Current is null)
            Advance();
        if (events.Current is not T)
            throw new YamlException($"expected {typeof(T).Name}, got {events.Current?.GetType().Name}");
        Advance();
    }

    // YamlDotNet 16.3 lets exceptions of the framework through where the text is malformed: text in a flow collection that is not indented, a
    // document after "...", a \U escape beyond Unicode. It reads from memory, so nothing else can be the cause.
    void Advance()
    {
        try
        {
            events.MoveNext();
        }
        catch (Exception malformed) when (malformed is InvalidOperationException or ArgumentOutOfRangeException)
        {
            var at = scanner.CurrentPosition;
            throw new YamlException(at, at, malformed is ArgumentOutOfRangeException
                ? "found an escape that is no character"
                : "found text where none can stand; a text that goes on in a new line is indented more than its key", malformed);
        }
    }

    // Null: refused, with a problem. The rest of the document is not read then, because its size may be the problem.
    YamlNode? Node()
    {
        if (events.Current is AnchorAlias alias)
            return Refuse(alias, "is an alias (\"*\"); write the value again");
        if (events.Current is not NodeEvent node)
            return Refuse(events.Current!, "is not valid YAML: a value is missing");
        if (!node.Anchor.IsEmpty)
            return Refuse(node, "has an anchor (\"&\"); anchors and aliases are not supported");
        if (!node.Tag.IsEmpty)
            return Refuse(node, "has a tag (\"!\"); tags are not supported, quotes make a text");
        if (steps.Count >= YamlDocument.MaximumDepth)
            return Refuse(node, $"is nested more than {YamlDocument.MaximumDepth} levels deep");
        Advance();
        return node switch
        {
            Scalar scalar => new YamlScalar(At(scalar.Start), scalar.Value, scalar.Style == ScalarStyle.Plain, scalar.Style == ScalarStyle.Literal),
            SequenceStart => Sequence(At(node.Start)),
            _ => Mapping(At(node.Start)),
        };
    }

    YamlSequence? Sequence(PolicyMark mark)
    {
        var items = new List<YamlNode>();
        while (events.Current is not SequenceEnd)
        {
            if (Below(string.Create(CultureInfo.InvariantCulture, $"[{items.Count}]")) is not { } item)
                return null;
            items.Add(item);
        }
        Advance();
        return new YamlSequence(mark, items);
    }

    YamlMapping? Mapping(PolicyMark mark)
    {
        var entries = new List<YamlEntry>();
        var first = new Dictionary<string, PolicyMark>(StringComparer.Ordinal);
        while (events.Current is not MappingEnd)
        {
            if (events.Current is not Scalar { Value.Length: > 0 })
                return (YamlMapping?)Refuse(events.Current!, "has a key that is not a text");
            if (Node() is not YamlScalar { Text: var name } key || Below(name) is not { } value)
                return null;
            if (first.TryAdd(name, key.Mark))
                entries.Add(new YamlEntry(name, key.Mark, value));
            else
                problems.Add(PolicyPath.Of([.. steps, name]), key.Mark, $"{Quoted.Of(name)} is given twice, first in line {first[name].Line}");
        }
        Advance();
        return new YamlMapping(mark, entries);
    }

    YamlNode? Below(string step)
    {
        steps.Add(step);
        var node = Node();
        steps.RemoveAt(steps.Count - 1);
        return node;
    }

    YamlNode? Refuse(ParsingEvent at, string message)
    {
        problems.Add(PolicyPath.Of(steps), At(at.Start), message);
        return null;
    }
}
