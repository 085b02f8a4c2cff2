using BackupRunner.Templates.Functions;

namespace BackupRunner.Templates.Syntax;

/// <summary>A function and what is known of its arguments so far; no finished expression holds one.</summary>
/// <param name="IsClosed">It has the arguments that the template writes; a pipe may still bring one.</param>
sealed record PendingCall(
    Position At, int Depth, TemplateFunction Function, IReadOnlyList<Expression> Positional, IReadOnlyList<NamedArgument> Named, bool IsClosed)
    : Expression(At, Depth);

sealed record NamedArgument(Position At, string Name, Expression Value);

/// <summary>Gives every parameter of a function its argument.</summary>
static class CallBuilder
{
    /// <param name="piped">The value that a pipe brings; null without a pipe.</param>
    public static Call Build(PendingCall pending, Expression? piped)
    {
        var function = pending.Function;
        var positional = piped is null ? pending.Positional
            : function.PipedLast ? [.. pending.Positional, piped]
            : [piped, .. pending.Positional];
        var parameters = function.Parameters;
        if (positional.Count > parameters.Count)
            throw WrongCount(pending, positional.Count);
        var arguments = new Expression?[parameters.Count];
        for (var i = 0; i < positional.Count; i++)
            arguments[i] = positional[i];
        foreach (var named in pending.Named)
        {
            var i = parameters.TakeWhile(parameter => parameter.Name != named.Name).Count();
            if (i == parameters.Count)
                throw named.At.Throw($"{named.Name}:", $"\"{function.Name}\" has no argument \"{named.Name}\"; it is {function.Signature}");
            if (arguments[i] is not null)
                throw named.At.Throw($"{named.Name}:", $"the argument \"{named.Name}\" of \"{function.Name}\" is given twice");
            arguments[i] = named.Value;
        }
        for (var i = 0; i < arguments.Length; i++)
        {
            if (arguments[i] is null && !parameters[i].Optional)
                throw WrongCount(pending, positional.Count + pending.Named.Count);
            if (arguments[i] is { } argument && parameters[i].MayBeAbsent)
                arguments[i] = Absence.Allowed(argument);
        }
        return new Call(pending.At, Deeper(pending.At, arguments), function, arguments);
    }

    /// <summary>The depth of a node above these.</summary>
    public static int Deeper(Position at, params IEnumerable<Expression?> children)
    {
        var depth = 1 + children.Select(child => child?.Depth ?? 0).DefaultIfEmpty().Max();
        return depth <= TemplateLimits.Depth ? depth : throw TokenStream.TooDeep(at);
    }

    static TemplateException WrongCount(PendingCall pending, int given) => pending.At.Throw(
        pending.Function.Name,
        $"\"{pending.Function.Name}\" is given {given} {(given == 1 ? "argument" : "arguments")}; it is {pending.Function.Signature}");
}
