using System.Globalization;
using BackupRunner.Templates.Syntax;

namespace BackupRunner.Templates.Rendering;

/// <summary>A path as messages show it: <c>Values.redis.port</c>, <c>Values["data-path"]</c>; a longer expression is three dots.</summary>
static class PathText
{
    public static string Of(Expression expression) => expression switch
    {
        Variable variable => variable.Name,
        LoopMember member => "for." + member.Name,
        Member member => $"{Of(member.Target)}.{member.Name}",
        Indexer { Key: Literal { Value: string key } } index => $"{Of(index.Target)}[\"{key}\"]",
        Indexer { Key: Literal { Value: long key } } index => string.Create(CultureInfo.InvariantCulture, $"{Of(index.Target)}[{key}]"),
        Indexer index => $"{Of(index.Target)}[...]",
        _ => "(...)",
    };
}
