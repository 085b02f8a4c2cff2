using System.Text.Json.Nodes;

namespace BackupRunner.Tests.Kube.Fake;

// How values are compared, measured and looked into.
public sealed partial class FakeExpression
{
    static Value Ordered(Value left, string order, Value right) => variables => (left(variables), right(variables)) switch
    {
        (long one, long other) => order switch { "<" => one < other, "<=" => one <= other, ">" => one > other, _ => one >= other },
        _ => throw new FakeExpressionException("no such overload"),
    };

    static object Size(object? of) => of switch
    {
        string text => (long)text.EnumerateRunes().Count(),
        JsonObject map => (long)map.Count,
        JsonArray list => (long)list.Count,
        IReadOnlyList<object?> list => (long)list.Count,
        _ => throw new FakeExpressionException("no such overload"),
    };

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
        System.Text.Json.JsonValueKind.Number when node!.AsValue().TryGetValue(out long whole) => whole,
        System.Text.Json.JsonValueKind.True or System.Text.Json.JsonValueKind.False => (object?)(bool)node!,
        _ => node,
    };

    static bool Truth(object? value) => value is bool truth ? truth : throw new FakeExpressionException("no such overload");
}
