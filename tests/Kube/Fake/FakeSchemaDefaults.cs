using System.Text.Json.Nodes;

namespace BackupRunner.Tests.Kube.Fake;

/// <summary>
/// The <c>default</c>s of a CustomResourceDefinition's schema (docs: "Defaulting", "Defaulting and Nullable"): a value that is missing, or null where null is not allowed, gets its default; such a null
/// without a default is dropped. Defaults inside an object apply only where that object is. Not done: defaults when something is read that was stored without them.
/// </summary>
static class FakeSchemaDefaults
{
    public static void Set(JsonNode? value, JsonObject schema)
    {
        if (value is JsonArray list)
        {
            foreach (var item in list)
                Set(item, schema["items"] as JsonObject ?? []);
        }
        if (value is not JsonObject map)
            return;
        foreach (var (name, property) in (schema["properties"] as JsonObject ?? []).Where(property => property.Key != "metadata"))
        {
            if (map[name] is not null || map.ContainsKey(name) && (bool?)property!["nullable"] == true)
                continue;
            map.Remove(name);
            if (property!["default"] is { } given)
                map[name] = given.DeepClone();
        }
        foreach (var (name, field) in map)
        {
            if ((schema["properties"]?[name] ?? schema["additionalProperties"]) is JsonObject of && name != "metadata")
                Set(field, of);
        }
    }
}
