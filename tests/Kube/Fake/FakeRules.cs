using System.Text.Json.Nodes;

namespace BackupRunner.Tests.Kube.Fake;

/// <summary>The <c>x-kubernetes-validations</c> of a schema.</summary>
static class FakeRules
{
    /// <summary>
    /// Asked at every value that the object has. A rule that names <c>oldSelf</c> is asked only where the value was there before, too (docs: "Transition rules"). Not done: <c>optionalOldSelf</c>, and
    /// finding the item of a list again that is a map by its keys.
    /// </summary>
    /// <param name="old">Null: there was none.</param>
    public static void Check(JsonNode? value, JsonNode? old, JsonObject schema, string path, List<FakeCause> causes)
    {
        if (value is null)
            return;
        foreach (var rule in (schema["x-kubernetes-validations"] as JsonArray ?? []).Select(rule => rule!))
        {
            if ((old is not null || !FakeExpression.IsTransition((string)rule["rule"]!)) && !FakeExpression.Holds((string)rule["rule"]!, value, old))
                causes.Add(FakeValidation.Invalid(path, Kind(value), (string?)rule["message"] ?? $"failed rule: {rule["rule"]}"));
        }
        if (value is JsonObject map)
        {
            foreach (var (name, field) in map)
            {
                if ((schema["properties"]?[name] ?? schema["additionalProperties"]) is JsonObject of)
                    Check(field, (old as JsonObject)?[name], of, path.Length == 0 ? name : $"{path}.{name}", causes);
            }
        }
        else if (value is JsonArray list)
        {
            foreach (var (item, at) in list.Select((item, at) => (item, at)))
                Check(item, null, schema["items"] as JsonObject ?? [], $"{path}[{at}]", causes);
        }
    }

    // The server shows what an object is, not what it holds.
    static JsonNode Kind(JsonNode value) => value is JsonObject ? "object" : value.DeepClone();
}
