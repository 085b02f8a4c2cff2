using System.Collections.Frozen;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Kube.Fake.Fields;

public enum FieldShape { Text, Number, Truth, Time, MicroTime, Scalar, Any, Struct, Map, List, Set, Keyed }

/// <summary>When a field is written: unless it is empty, when it was given, or in every case.</summary>
public enum FieldPresence { Omitted, Kept, Always }

public sealed record Field(string Name, FieldType Type, FieldPresence Presence);

/// <summary>What a value may hold, and how server-side apply takes it apart. Read from <c>fields.txt</c>, or made of a CustomResourceDefinition.</summary>
public sealed record FieldType(FieldShape Shape)
{
    static readonly FieldType Anything = new(FieldShape.Any);

    readonly Dictionary<string, Field> fields = [];

    /// <summary>One value to server-side apply, whatever it holds.</summary>
    public bool Atomic { get; init; }

    /// <summary>Of a list or a map.</summary>
    public FieldType Element { get; init; } = Anything;

    /// <summary>The fields that tell the items of a keyed list apart, by name.</summary>
    public IReadOnlyList<string> Keys { get; init; } = [];

    /// <summary>False: what the structure does not declare may be there too.</summary>
    public bool Closed { get; init; } = true;

    public IReadOnlyCollection<Field> Fields => fields.Values;

    /// <summary>A value that server-side apply owns as a whole.</summary>
    public bool IsLeaf => Atomic || Shape is < FieldShape.Struct or FieldShape.List;

    public Field? this[string name] => fields.GetValueOrDefault(name);

    public FieldType Of(string name) => Shape == FieldShape.Map ? Element : this[name]?.Type ?? Anything;

    public void Add(Field field) => fields.Add(field.Name, field);

    public bool Equals(FieldType? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);
}

/// <summary>The kinds of <c>fields.txt</c>.</summary>
public static class FieldTable
{
    static readonly FrozenDictionary<string, FieldType> Types = Read(File.ReadLines(Repository.PathOf("tests/Kube/Fake/fields.txt")));

    public static FieldType Of(string kind) => Types[kind];

    static FrozenDictionary<string, FieldType> Read(IEnumerable<string> lines)
    {
        var types = new Dictionary<string, FieldType>();
        var declarations = new List<(FieldType Of, string[] Fields)>();
        foreach (var line in lines.Where(line => line.Length > 0 && line[0] != '#'))
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var goesOn = line[0] == ' ';
            if (!goesOn)
                types.Add(words[0], new FieldType(FieldShape.Struct));
            declarations.Add((goesOn ? declarations[^1].Of : types[words[0]], goesOn ? words : words[2..]));
        }
        foreach (var (of, fields) in declarations)
        {
            foreach (var field in fields)
                of.Add(One(field, types));
        }
        return types.ToFrozenDictionary();
    }

    static Field One(string text, Dictionary<string, FieldType> types)
    {
        var at = text.IndexOf(':', StringComparison.Ordinal);
        var (name, type) = at < 0 ? (text, "s") : (text[..at], text[(at + 1)..]);
        var always = type.EndsWith('!');
        var kept = type.EndsWith('?');
        if (always || kept)
            type = type[..^1];
        var read = TypeOf(type, types);
        var pointer = kept || read.Shape is FieldShape.Struct or FieldShape.Any or FieldShape.Time or FieldShape.MicroTime or FieldShape.Scalar;
        return new Field(name, read, always ? FieldPresence.Always : pointer ? FieldPresence.Kept : FieldPresence.Omitted);
    }

    static FieldType TypeOf(string text, Dictionary<string, FieldType> types) => text switch
    {
        "s" => new(FieldShape.Text),
        "i" => new(FieldShape.Number),
        "b" => new(FieldShape.Truth),
        "t" => new(FieldShape.Time),
        "m" => new(FieldShape.MicroTime),
        "q" => new(FieldShape.Scalar),
        "*" => new(FieldShape.Any),
        "[]" => new(FieldShape.List),
        "[=]" => new(FieldShape.Set) { Element = new(FieldShape.Text) },
        "{}" => new(FieldShape.Map) { Element = new(FieldShape.Scalar) },
        ['~', .. var whole] => Atom(TypeOf(whole, types)),
        ['{', .. var element, '}'] => new(FieldShape.Map) { Element = TypeOf(element, types) },
        ['[', .. var list, ']'] when list.Split('/') is [var element, var keys] => new(FieldShape.Keyed) { Element = TypeOf(element, types), Keys = [.. keys.Split('+').Order()] },
        ['[', .. var list, ']'] => new(FieldShape.List) { Element = TypeOf(list, types) },
        _ => types[text],
    };

    // A copy, because the same structure may be taken apart elsewhere. Its fields come later, and to both.
    static FieldType Atom(FieldType type) => type with { Atomic = true };
}
