using BackupRunner.Templates.Functions;
using BackupRunner.Templates.Syntax;

namespace BackupRunner.Templates.Rendering;

/// <summary>The value of an expression in a scope.</summary>
sealed class Evaluator(Scope scope, WorkBudget budget)
{
    readonly Operators operators = new(budget);

    public object? Value(Expression expression)
    {
        budget.Charge(1, expression.At);
        return expression switch
        {
            Literal literal => literal.Value,
            Group group => Value(group.Inner),
            Variable variable => Lookup.Variable(variable, scope),
            LoopMember member => scope.Loop!.Member(member.Name),
            Member member => Lookup.Member(member, Value(member.Target)),
            Indexer index => Lookup.Item(index, Value(index.Target), Value(index.Key)),
            ListLiteral list => list.Items.Select(Value).ToArray(),
            Unary unary => Operators.Unary(unary, Value(unary.Operand)),
            Binary binary => Binary(binary),
            Call call => Call(call),
            _ => throw new InvalidOperationException($"{expression.GetType().Name} in a finished expression"),
        };
    }

    object? Binary(Binary node) => node.Operator switch
    {
        "&&" => Kinds.IsTrue(Value(node.Left)) && Kinds.IsTrue(Value(node.Right)),
        "||" => Kinds.IsTrue(Value(node.Left)) || Kinds.IsTrue(Value(node.Right)),
        "??" => Value(node.Left) ?? Value(node.Right),
        _ => operators.Binary(node, Value(node.Left), Value(node.Right)),
    };

    object? Call(Call call)
    {
        var values = new object?[call.Arguments.Count];
        for (var i = 0; i < values.Length; i++)
            values[i] = call.Arguments[i] is { } argument ? Value(argument) : null;
        return call.Function.Invoke(new Arguments(call, values, budget));
    }
}
