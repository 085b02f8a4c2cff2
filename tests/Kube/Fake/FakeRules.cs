using System.Text.Json.Nodes;

namespace BackupRunner.Tests.Kube.Fake;

/// <summary>The <c>x-kubernetes-validations</c> of a schema.</summary>
static class FakeRules
{
    /// <summary>Asked at every value that the object has.</summary>
    public static void Check(JsonNode? value, JsonObject schema, string path, List<FakeCause> causes)
    {
        if (value is null)
            return;
        foreach (var rule in (schema["x-kubernetes-validations"] as JsonArray ?? []).Select(rule => rule!))
        {
            if (!FakeExpression.Holds((string)rule["rule"]!, value))
                causes.Add(FakeValidation.Invalid(path, Kind(value), (string?)rule["message"] ?? $"failed rule: {rule["rule"]}"));
        }
        if (value is JsonObject map)
        {
            foreach (var (name, field) in map)
            {
                if ((schema["properties"]?[name] ?? schema["additionalProperties"]) is JsonObject of)
                    Check(field, of, path.Length == 0 ? name : $"{path}.{name}", causes);
            }
        }
        else if (value is JsonArray list)
        {
            foreach (var (item, at) in list.Select((item, at) => (item, at)))
                Check(item, schema["items"] as JsonObject ?? [], $"{path}[{at}]", causes);
        }
    }

    // The server shows what an object is, not what it holds.
    static JsonNode Kind(JsonNode value) => value is JsonObject ? "object" : value.DeepClone();
}
