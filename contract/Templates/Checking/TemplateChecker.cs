using BackupRunner.Templates.Rendering;
using BackupRunner.Templates.Syntax;

namespace BackupRunner.Templates.Checking;

/// <summary>
/// Walks every branch, whatever its condition, and looks every name up. A path that the model decides has its value; what operators and
/// functions make is <see cref="Unknown"/>, which has any member, and so is what a condition has asked for. A loop is walked for each
/// item, one without items once with an unknown one.
/// </summary>
sealed class TemplateChecker(TemplateModel model, FaultList faults)
{
    static readonly object Unknown = new();

    /// <summary>A fault is looked up anew in each round of a loop, and searches for a name that is near.</summary>
    const int WorkOfFault = TemplateLimits.Work / 200;

    readonly Scope scope = new(model);
    readonly WorkBudget budget = new();

    /// <summary>The variables assigned in each branch being walked.</summary>
    readonly Stack<List<string>> assigned = [];

    /// <summary>The paths that must be set where the walk is, and how many conditions say so.</summary>
    readonly Dictionary<string, int> guarded = new(StringComparer.Ordinal);

    public static void Check(IReadOnlyList<Statement> template, TemplateModel model, FaultList faults)
    {
        try
        {
            new TemplateChecker(model, faults).Walk(template);
        }
        catch (TemplateException limit)
        {
            // Behind real faults it says nothing more: they are what took the work.
            if (faults.IsEmpty)
                faults.Add(limit.Faults[0]);
        }
    }

    void Walk(IReadOnlyList<Statement> body)
    {
        foreach (var statement in body)
        {
            budget.Charge(1, statement.At);
            switch (statement)
            {
                case OutputStatement output:
                    Value(output.Value);
                    break;
                case AssignStatement assignment:
                    scope.Set(assignment.Name, Value(assignment.Value));
                    if (assigned.TryPeek(out var names))
                        names.Add(assignment.Name);
                    break;
                case IfStatement choice:
                    Walk(choice);
                    break;
                case ForStatement loop:
                    Walk(loop);
                    break;
            }
        }
    }

    /// <summary>An arm is entered when its own condition is true and those before it are false.</summary>
    void Walk(IfStatement choice)
    {
        List<string> guards = [];
        foreach (var arm in choice.Arms)
        {
            if (arm.Condition is not null)
                Value(arm.Condition);
            Guarded(arm.Condition is null ? [] : Guards.Implied(arm.Condition, true), () => WalkBranch(arm.Body));
            if (arm.Condition is not null)
                guards.AddRange(Guard(Guards.Implied(arm.Condition, false)));
        }
        Unguard(guards);
    }

    /// <summary>Behind a branch nobody knows what it assigned, or whether: rendering with the model itself will tell.</summary>
    void WalkBranch(IReadOnlyList<Statement> body)
    {
        assigned.Push([]);
        Walk(body);
        foreach (var name in assigned.Pop())
        {
            scope.Set(name, Unknown);
            if (assigned.TryPeek(out var outer))
                outer.Add(name);
        }
    }

    void Walk(ForStatement loop)
    {
        var items = Value(loop.List) is IReadOnlyList<object?> { Count: > 0 } list ? list : [Unknown];
        var existed = scope.TryGet(loop.Name, out var shadowed);
        foreach (var item in items)
        {
            budget.ChargeIteration(loop.At);
            scope.Set(loop.Name, Known(item));
            Walk(loop.Body);
        }
        scope.Restore(loop.Name, existed, shadowed);
    }

    object? Value(Expression expression)
    {
        budget.Charge(1, expression.At);
        switch (expression)
        {
            case Literal literal:
                return literal.Value;
            case Group group:
                return Value(group.Inner);
            case Variable or Member or Indexer:
                return PathValue(expression);
            case ListLiteral list:
                return list.Items.Select(Value).ToArray();
            case Unary unary:
                Value(unary.Operand);
                return Unknown;
            case Binary binary:
                return Value(binary);
            case Call call:
                foreach (var argument in call.Arguments)
                    _ = argument is null ? null : Value(argument);
                return Unknown;
            default:
                return Unknown;
        }
    }

    object? Value(Binary node)
    {
        var left = Value(node.Left);
        object? right = null;
        var guards = node.Operator is "&&" or "||" ? Guards.Implied(node.Left, node.Operator == "&&") : [];
        Guarded(guards, () => right = Value(node.Right));
        return node.Operator == "??" && !ReferenceEquals(left, Unknown) ? left ?? right : Unknown;
    }

    object? PathValue(Expression path)
    {
        var value = path switch
        {
            Variable variable => Found(path, () => Lookup.Variable(variable, scope)),
            Member member => Of(Value(member.Target), owner => Found(path, () => Lookup.Member(member, owner))),
            Indexer index => Of(Value(index.Target), owner => Of(Value(index.Key), key => Item(index, owner, key))),
            _ => Unknown,
        };
        return value is null && IsGuarded(path) ? Unknown : value;
    }

    /// <summary>An item of a list, be it the model's or one that the template writes of what is unknown.</summary>
    static object? Known(object? item) => ReferenceEquals(item, Unknown) ? Unknown : Kinds.FromModel(item);

    static object? Of(object? value, Func<object?, object?> lookup) => ReferenceEquals(value, Unknown) ? Unknown : lookup(value);

    /// <summary>Whether a list is long enough is no matter of names, and a condition may have asked.</summary>
    object? Item(Indexer index, object? owner, object? key) => owner is IReadOnlyList<object?> list && key is long position
        ? position >= 0 && position < list.Count ? Known(list[(int)position]) : Unknown
        : Found(index, () => Lookup.Item(index, owner, key));

    object? Found(Expression path, Func<object?> lookup)
    {
        try
        {
            return lookup();
        }
        catch (TemplateException) when (IsGuarded(path))
        {
            return Unknown;
        }
        catch (TemplateException missing)
        {
            faults.Add(missing.Faults[0]);
            budget.Charge(WorkOfFault, path.At);
            return Unknown;
        }
    }

    bool IsGuarded(Expression path) => guarded.Count > 0 && guarded.ContainsKey(PathText.Of(path));

    void Guarded(IEnumerable<string> paths, Action walk)
    {
        var guards = Guard(paths);
        walk();
        Unguard(guards);
    }

    List<string> Guard(IEnumerable<string> paths)
    {
        List<string> guards = [.. paths];
        foreach (var path in guards)
            guarded[path] = guarded.GetValueOrDefault(path) + 1;
        budget.Charge(guards.Sum(path => path.Length), new Position(1, 1));
        return guards;
    }

    void Unguard(List<string> guards)
    {
        foreach (var path in guards)
        {
            if (--guarded[path] == 0)
                guarded.Remove(path);
        }
    }
}
