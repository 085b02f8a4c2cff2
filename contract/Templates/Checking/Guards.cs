using BackupRunner.Templates.Rendering;
using BackupRunner.Templates.Syntax;

namespace BackupRunner.Templates.Checking;

/// <summary>What a condition says about the paths in it: those that must be set where it has come out true, or false.</summary>
static class Guards
{
    public static IEnumerable<string> Implied(Expression condition, bool outcome) => condition switch
    {
        Group group => Implied(group.Inner, outcome),
        Unary { Operator: "!" } not => Implied(not.Operand, !outcome),
        Binary { Operator: "&&" } and when outcome => Implied(and.Left, true).Concat(Implied(and.Right, true)),
        Binary { Operator: "||" } or when !outcome => Implied(or.Left, false).Concat(Implied(or.Right, false)),
        Binary { Operator: "!=" or "==" } compared when compared.Operator == "!=" == outcome => ComparedWithNull(compared),
        Variable or Member or Syntax.Index when outcome => Prefixes(condition),
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
        Member member => Prefixes(member.Target).Append(Path.Of(member)),
        Syntax.Index { Key: Literal } index => Prefixes(index.Target).Append(Path.Of(index)),
        Variable variable => [variable.Name],
        _ => [],
    };
}
