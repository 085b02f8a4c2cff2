namespace BackupRunner.Templates.Syntax;

/// <summary>
/// Marks the paths of which a template itself says what happens when they are not set: the left side of <c>??</c>, the value given to
/// <c>default</c>, what only its truth or its being null is asked of, and what <c>?.</c> leads to or from. There absence is null.
/// </summary>
static class Absence
{
    public static Expression Allowed(Expression expression) => expression switch
    {
        Member member => member with { Tested = true, Target = Allowed(member.Target) },
        Indexer index => index with { Tested = true, Target = Allowed(index.Target) },
        Group group => group with { Inner = Allowed(group.Inner) },
        Binary { Operator: "??" } chain => chain with { Right = Allowed(chain.Right) },
        Call call => call with { Arguments = [.. call.Arguments.Select((a, i) => PassesThrough(call, i) ? Allowed(a!) : a)] },
        _ => expression,
    };

    /// <summary>The operands of which an operator asks no more than whether they are there or true.</summary>
    public static Unary InOperands(Unary node) => node.Operator == "!" ? node with { Operand = Allowed(node.Operand) } : node;

    public static Binary InOperands(Binary node) => node.Operator switch
    {
        "??" => node with { Left = Allowed(node.Left) },
        "&&" or "||" => node with { Left = Allowed(node.Left), Right = Allowed(node.Right) },
        "==" or "!=" when IsNull(node.Right) => node with { Left = Allowed(node.Left) },
        "==" or "!=" when IsNull(node.Left) => node with { Right = Allowed(node.Right) },
        _ => node,
    };

    static bool IsNull(Expression expression) => expression is Literal { Value: null };

    /// <summary>The fallback of <c>default</c> is asked in turn, as the last resort of a chain is.</summary>
    static bool PassesThrough(Call call, int i) =>
        call.Arguments[i] is not null && call.Function.Parameters.Any(parameter => parameter.MayBeAbsent) && !call.Function.Parameters[i].MayBeAbsent;
}
