using System.Text;

namespace BackupRunner.Templates.Functions;

/// <summary><c>array.join</c>, <c>array.size</c> and <c>object.default</c> as Scriban documents them, and Helm's <c>default</c>.</summary>
static class CollectionFunctions
{
    public static IReadOnlyList<TemplateFunction> All { get; } =
    [
        TemplateFunction.Of("array.join", "list delimiter", Join),
        TemplateFunction.Of("array.size", "list", a => (long)(a.List(0)?.Count ?? 0)),
        new("object.default", [new("value", false, MayBeAbsent: true), new("default", false)], a => a[0] is null or "" ? a[1] : a[0]),
        new("default", [new("default", false), new("value", false, MayBeAbsent: true)], a => IsEmpty(a[1]) ? a[0] : a[1], PipedLast: true),
    ];

    /// <summary>What Helm calls empty (Sprig, "Default Functions").</summary>
    static bool IsEmpty(object? value) => value switch
    {
        null or "" or false or 0L or 0d => true,
        IReadOnlyList<object?> list => list.Count == 0,
        IReadOnlyDictionary<string, object?> map => map.Count == 0,
        _ => false,
    };

    static string Join(Arguments a)
    {
        var delimiter = a.Text(1);
        var joined = new StringBuilder();
        var first = true;
        foreach (var item in a.Items(0))
        {
            if (!first)
                joined.Append(delimiter);
            first = false;
            joined.Append(item);
            a.ChargePart((delimiter?.Length ?? 0) + (item?.Length ?? 0), joined.Length);
        }
        return joined.ToString();
    }
}
