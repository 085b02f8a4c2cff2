using BackupRunner.Templates.Syntax;

namespace BackupRunner.Templates.Rendering;

/// <summary>Finds variables, members and items. Absence is a fault, unless the template says what happens then.</summary>
static class Lookup
{
    public static object? Variable(Variable node, Scope scope) => scope.TryGet(node.Name, out var value)
        ? value
        : throw node.At.Throw(node.Name, $"unknown variable \"{node.Name}\"{Nearest.Hint(node.Name, scope.Names)}");

    public static object? Member(Member node, object? target)
    {
        switch (target)
        {
            case FixedMembers part when part.Members.TryGetValue(node.Name, out var value):
                return value;
            case FixedMembers part:
                throw Unknown(node, part.Members.Keys);
            case IReadOnlyDictionary<string, object?> map when map.TryGetValue(node.Name, out var value):
                return Kinds.FromModel(value);
            case IReadOnlyDictionary<string, object?> or null when node.Tested:
                return null;
            case IReadOnlyDictionary<string, object?> map:
                throw Unknown(node, map.Keys);
            case IReadOnlyList<object?> list when node.Name == "size":
                return (long)list.Count;
            default:
                throw node.NameAt.Throw(PathText.Of(node), $"\"{PathText.Of(node.Target)}\" is {Kinds.Of(target)} and has no member \"{node.Name}\"");
        }
    }

    public static object? Item(Indexer node, object? target, object? key)
    {
        switch (target, key)
        {
            case (null, _) when node.Tested:
                return null;
            case (FixedMembers part, string name) when part.Members.TryGetValue(name, out var value):
                return value;
            case (IReadOnlyDictionary<string, object?> map, string name) when map.TryGetValue(name, out var value):
                return Kinds.FromModel(value);
            case (IReadOnlyDictionary<string, object?>, string) when node.Tested:
                return null;
            case (IReadOnlyDictionary<string, object?> or FixedMembers, string):
                throw Fault(node, $"unknown member \"{PathText.Of(node)}\"");
            case (IReadOnlyList<object?> list, long position):
                var index = position < 0 ? position + list.Count : position;
                if (index >= 0 && index < list.Count)
                    return Kinds.FromModel(list[(int)index]);
                return node.Tested ? null : throw Fault(node, $"\"{PathText.Of(node)}\" is outside the list, which has {list.Count} items");
            default:
                throw Fault(node, $"\"{PathText.Of(node.Target)}\" is {Kinds.Of(target)} and has no item for {Kinds.Of(key)}");
        }
    }

    static TemplateException Unknown(Member node, IEnumerable<string> known) =>
        node.NameAt.Throw(PathText.Of(node), $"unknown member \"{PathText.Of(node)}\"{Nearest.Hint(node.Name, known)}");

    static TemplateException Fault(Indexer node, string message) => node.Key.At.Throw(PathText.Of(node), message);
}
