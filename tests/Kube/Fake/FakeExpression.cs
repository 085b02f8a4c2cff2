using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace BackupRunner.Tests.Kube.Fake;

/// <summary>An expression that cannot be evaluated: the real server's <c>no such key</c>.</summary>
public sealed class FakeExpressionException(string message) : Exception(message);

/// <summary>
/// The part of CEL that matchConditions of annotations and rules of schemas need: <c>&amp;&amp; || ! == != in</c>, brackets, text, null and truths, <c>object</c>, <c>oldObject</c>, <c>self</c>, fields and indexes,
/// <c>has()</c>, <c>exists(k, ...)</c>, <c>all(k, ...)</c>, <c>startsWith()</c> and <c>endsWith()</c>. As in CEL, a field of null or one that is not there is an error, which
/// <c>&amp;&amp;</c> and <c>||</c> pass over when their other side decides.
/// </summary>
public sealed partial class FakeExpression
{
    readonly List<string> words;
    int at;

    FakeExpression(string text)
    {
        words = [.. Words().Matches(text).Select(word => word.Value)];
        if (string.Concat(words).Length != text.Count(letter => !char.IsWhiteSpace(letter)) + words.Sum(word => word.Count(char.IsWhiteSpace)))
            throw new FormatException("token recognition error");
    }

    delegate object? Value(IReadOnlyDictionary<string, object?> variables);

    /// <summary>Null: it can be compiled.</summary>
    public static string? Problem(string expression)
    {
        try
        {
            Compile(expression);
            return null;
        }
        catch (FormatException problem)
        {
            return problem.Message;
        }
    }

    public static bool Holds(string expression, JsonObject? item, JsonObject? old) =>
        Truth(Compile(expression)(new Dictionary<string, object?> { ["object"] = item, ["oldObject"] = old }));

    /// <summary>A rule of a schema.</summary>
    public static bool Holds(string rule, JsonNode self) => Truth(Compile(rule)(new Dictionary<string, object?> { ["self"] = Plain(self) }));

    static Value Compile(string expression)
    {
        var parser = new FakeExpression(expression);
        var value = parser.Or();
        return parser.at == parser.words.Count ? value : throw new FormatException($"mismatched input '{parser.words[parser.at]}'");
    }

    Value Or()
    {
        var left = And();
        while (Take("||"))
            left = Either(left, And(), decides: true);
        return left;
    }

    Value And()
    {
        var left = Relation();
        while (Take("&&"))
            left = Either(left, Relation(), decides: false);
        return left;
    }

    Value Relation()
    {
        var left = Unary();
        if (Take("=="))
            return Compared(left, Unary(), true);
        if (Take("!="))
            return Compared(left, Unary(), false);
        if (!Take("in"))
            return left;
        var right = Unary();
        return variables => right(variables) switch
        {
            JsonObject map => map.ContainsKey((string)left(variables)!),
            JsonArray list => list.Any(item => Same(Plain(item), left(variables))),
            _ => throw new FakeExpressionException("no such overload"),
        };
    }

    Value Unary()
    {
        if (Take("!"))
        {
            var of = Unary();
            return variables => !Truth(of(variables));
        }
        var value = Primary();
        while (at < words.Count)
        {
            if (Take("."))
                value = Member(value, Next());
            else if (Take("["))
            {
                var (of, key) = (value, Or());
                Demand("]");
                value = variables => Field(of(variables), (string)key(variables)!);
            }
            else
                break;
        }
        return value;
    }

    Value Primary()
    {
        var word = Next();
        if (word == "(")
        {
            var inner = Or();
            Demand(")");
            return inner;
        }
        if (word[0] is '\'' or '"')
            return _ => word[1..^1];
        if (word is "true" or "false" or "null")
            return _ => word == "null" ? null : word == "true";
        if (word == "has")
        {
            Demand("(");
            var asked = Unary();
            var last = words[at - 1];
            Demand(")");
            return variables => Has(asked, last, variables);
        }
        return char.IsLetter(word[0]) ? variables => variables.TryGetValue(word, out var known) ? known : throw new FakeExpressionException($"undeclared reference to '{word}'")
            : throw new FormatException($"mismatched input '{word}'");
    }

    Value Member(Value of, string name)
    {
        if (!Take("("))
            return variables => Field(of(variables), name);
        if (name is "exists" or "all")
        {
            var variable = Next();
            Demand(",");
            var test = Or();
            Demand(")");
            return variables =>
            {
                var items = of(variables) switch { JsonObject map => map.Select(item => (object?)item.Key), JsonArray list => list.Select(Plain), _ => throw new FakeExpressionException("no such overload") };
                bool Holds(object? item) => Truth(test(new Dictionary<string, object?>(variables) { [variable] = item }));
                return name == "exists" ? items.Any(Holds) : items.All(Holds);
            };
        }
        var argument = Or();
        Demand(")");
        return name switch
        {
            "startsWith" => variables => ((string)of(variables)!).StartsWith((string)argument(variables)!, StringComparison.Ordinal),
            "endsWith" => variables => ((string)of(variables)!).EndsWith((string)argument(variables)!, StringComparison.Ordinal),
            _ => throw new FormatException($"the fake does not know the function '{name}'"),
        };
    }

    static Value Either(Value left, Value right, bool decides) => variables =>
    {
        try
        {
            return Truth(left(variables)) == decides ? decides : Truth(right(variables));
        }
        catch (FakeExpressionException) when (Decided(right, variables, decides))
        {
            return decides;
        }
    };

    static bool Decided(Value right, IReadOnlyDictionary<string, object?> variables, bool decides)
    {
        try
        {
            return Truth(right(variables)) == decides;
        }
        catch (FakeExpressionException)
        {
            return false;
        }
    }

    // has(a.b.c): what is before the last field must be there.
    static bool Has(Value asked, string last, IReadOnlyDictionary<string, object?> variables)
    {
        try
        {
            return asked(variables) is not null;
        }
        catch (FakeExpressionException problem) when (problem.Message == $"no such key: {last}" && problem.Data["last"] is JsonObject)
        {
            return false;
        }
    }

    static Value Compared(Value left, Value right, bool same) => variables => Same(left(variables), right(variables)) == same;

    static bool Same(object? left, object? right) => left is JsonNode one && right is JsonNode other ? JsonNode.DeepEquals(one, other) : Equals(left, right);

    static object? Field(object? of, string name)
    {
        if (of is JsonObject map && map.TryGetPropertyValue(name, out var value))
            return Plain(value);
        var problem = new FakeExpressionException($"no such key: {name}");
        problem.Data["last"] = of as JsonObject;
        throw problem;
    }

    static object? Plain(JsonNode? node) => node?.GetValueKind() switch
    {
        System.Text.Json.JsonValueKind.String => (object?)(string)node!,
        System.Text.Json.JsonValueKind.True or System.Text.Json.JsonValueKind.False => (object?)(bool)node!,
        _ => node,
    };

    static bool Truth(object? value) => value is bool truth ? truth : throw new FakeExpressionException("no such overload");

    string Next() => at < words.Count ? words[at++] : throw new FormatException("mismatched input '<EOF>'");

    bool Take(string word)
    {
        var is_ = at < words.Count && words[at] == word;
        at += is_ ? 1 : 0;
        return is_;
    }

    void Demand(string word)
    {
        if (!Take(word))
            throw new FormatException($"mismatched input '{(at < words.Count ? words[at] : "<EOF>")}' expecting '{word}'");
    }

    [GeneratedRegex("""'[^']*'|"[^"]*"|\|\||&&|==|!=|[A-Za-z_][A-Za-z0-9_]*|[()\[\].,!]""")]
    private static partial Regex Words();
}
