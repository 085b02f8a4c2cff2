using System.Text.Json.Nodes;

namespace BackupRunner.Tests.Kube.Fake;

/// <summary>An expression that cannot be evaluated: the real server's <c>no such key</c>.</summary>
public sealed class FakeExpressionException(string message) : Exception(message);

/// <summary>The small part of CEL that matchConditions of annotations need.</summary>
public static class FakeExpression
{
    public static string? Problem(string expression) => expression.Length == 0 ? "no expression" : null;

    public static bool Holds(string expression, JsonObject? item, JsonObject? old) => expression.Length > 0 && (Ours(item) || Ours(old));

    static bool Ours(JsonObject? item) =>
        (item?["metadata"]?["annotations"] as JsonObject ?? []).Any(annotation => annotation.Key.StartsWith("backup.middleware.io/", StringComparison.Ordinal));
}
