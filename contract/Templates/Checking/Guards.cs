using BackupRunner.Templates.Rendering;
using BackupRunner.Templates.Syntax;

namespace BackupRunner.Templates.Checking;

/// <summary>What a condition says about the paths in it: those that must be set where it has come out true, or false.</summary>
static class Guards
{
    public static IEnumerable<string> Implied(Expression condition, bool outcome) => condition switch
    {
        Group group => Implied(group.Inner, outcome),
        Unary { Operator: "!" } negated => Implied(negated.Operand, !outcome),
        Binary { Operator: "&&" } both when outcome => Implied(both.Left, true).Concat(Implied(both.Right, true)),
        Binary { Operator: "||" } either when !outcome => Implied(either.Left, false).Concat(Implied(either.Right, false)),
        Binary { Operator: "!=" or "==" } compared when (compared.Operator == "!=") == outcome => ComparedWithNull(compared),
        Variable or Member or Indexer when outcome => Prefixes(condition),
        _ => [],
    };

    static IEnumerable<string> ComparedWithNull(Binary compared) => (compared.Left, compared.Right) switch
    {
        (_, Literal { Value: null }) => Prefixes(compared.Left),
        (Literal { Value: null }, _) => Prefixes(compared.Right),
        _ => [],
    };

    /// <summary>A path that is set leads through paths that are.</summary>
    static IEnumerable<string> Prefixes(Expression path) => path switch
    {
        Group group => Prefixes(group.Inner),
        Member member => Prefixes(member.Target).Append(PathText.Of(member)),
        Indexer { Key: Literal } index => Prefixes(index.Target).Append(PathText.Of(index)),
        Variable variable => [variable.Name],
        _ => [],
    };
}
