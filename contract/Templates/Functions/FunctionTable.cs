using System.Collections.Frozen;

namespace BackupRunner.Templates.Functions;

/// <summary>All functions. Documented, each, in docs/POLICY.md; a test compares.</summary>
static class FunctionTable
{
    static readonly FrozenDictionary<string, TemplateFunction> Functions =
        new[] { StringFunctions.All, SlicingFunctions.All, CollectionFunctions.All, QuotingFunctions.All }
            .SelectMany(all => all)
            .ToFrozenDictionary(function => function.Name);

    /// <summary>What stands before the dot of a function's name.</summary>
    static readonly FrozenSet<string> Namespaces =
        Functions.Keys.Where(name => name.Contains('.')).Select(name => name[..name.IndexOf('.')]).ToFrozenSet();

    public static IEnumerable<TemplateFunction> All => Functions.Values;

    public static IEnumerable<string> Names => Functions.Keys;

    public static TemplateFunction? Find(string name) => Functions.GetValueOrDefault(name);

    public static bool IsNamespace(string name) => Namespaces.Contains(name);
}
