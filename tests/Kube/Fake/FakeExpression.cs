using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace BackupRunner.Tests.Kube.Fake;

/// <summary>An expression that cannot be evaluated: the real server's <c>no such key</c>.</summary>
public sealed class FakeExpressionException(string message) : Exception(message);

/// <summary>
/// The part of CEL that matchConditions of annotations and rules of schemas need: <c>&amp;&amp; || ! == != &lt; &lt;= &gt; &gt;= in</c>, brackets, lists, text, whole numbers, null and truths, <c>object</c>,
/// <c>oldObject</c>, <c>request</c>, <c>self</c>, <c>oldSelf</c>, fields and indexes, <c>has()</c>, <c>size()</c>, <c>exists(k, ...)</c>, <c>exists_one(k, ...)</c>, <c>all(k, ...)</c>, <c>startsWith()</c> and
/// <c>endsWith()</c>. As in CEL, a field of null or one that is not there is an error, which <c>&amp;&amp;</c> and <c>||</c> pass over when their other side decides.
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

    /// <param name="request">Of the review that would be posted.</param>
    public static bool Holds(string expression, JsonObject? item, JsonObject? old, JsonNode? request = null) =>
        Truth(Compile(expression)(new Dictionary<string, object?> { ["object"] = item, ["oldObject"] = old, ["request"] = request }));

    /// <summary>A rule of a schema.</summary>
    /// <param name="old">Null: a rule that names it cannot be asked.</param>
    public static bool Holds(string rule, JsonNode self, JsonNode? old)
    {
        var variables = new Dictionary<string, object?> { ["self"] = Plain(self) };
        if (old is not null)
            variables["oldSelf"] = Plain(old);
        return Truth(Compile(rule)(variables));
    }

    /// <summary>The rule compares with the old value.</summary>
    public static bool IsTransition(string rule) => new FakeExpression(rule).words.Contains("oldSelf");

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
        foreach (var order in (string[])["<=", ">=", "<", ">"])
        {
            if (Take(order))
                return Ordered(left, order, Unary());
        }
        if (!Take("in"))
            return left;
        var right = Unary();
        return variables => right(variables) switch
        {
            JsonObject map => map.ContainsKey((string)left(variables)!),
            JsonArray list => list.Any(item => Same(Plain(item), left(variables))),
            IReadOnlyList<object?> list => list.Any(item => Same(item, left(variables))),
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
        if (word == "[")
            return Listed();
        if (word[0] is '\'' or '"')
            return _ => word[1..^1];
        if (char.IsAsciiDigit(word[0]))
            return _ => long.Parse(word, System.Globalization.CultureInfo.InvariantCulture);
        if (word == "size")
        {
            Demand("(");
            var measured = Or();
            Demand(")");
            return variables => Size(measured(variables));
        }
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
        if (name == "size")
        {
            Demand(")");
            return variables => Size(of(variables));
        }
        if (name is "exists" or "exists_one" or "all")
        {
            var variable = Next();
            Demand(",");
            var test = Or();
            Demand(")");
            return variables =>
            {
                var items = of(variables) switch { JsonObject map => map.Select(item => (object?)item.Key), JsonArray list => list.Select(Plain), IReadOnlyList<object?> list => list, _ => throw new FakeExpressionException("no such overload") };
                bool Holds(object? item) => Truth(test(new Dictionary<string, object?>(variables) { [variable] = item }));
                return name switch { "exists" => items.Any(Holds), "exists_one" => items.Count(Holds) == 1, _ => items.All(Holds) };
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

    Value Listed()
    {
        var items = new List<Value>();
        while (!Take("]"))
        {
            if (items.Count > 0)
                Demand(",");
            items.Add(Or());
        }
        return variables => (IReadOnlyList<object?>)[.. items.Select(item => item(variables))];
    }

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

    [GeneratedRegex("""'[^']*'|"[^"]*"|\|\||&&|==|!=|<=|>=|[0-9]+|[A-Za-z_][A-Za-z0-9_]*|[()\[\].,!<>]""")]
    private static partial Regex Words();
}
