using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace BackupRunner.Tests.Kube.Fake;

/// <summary>What a CustomResourceDefinition must be: its names, and a schema that is structural and says nothing unknown.</summary>
static class FakeDefinition
{
    static readonly HashSet<string> Keywords =
    [
        "type", "format", "title", "description", "default", "example", "enum", "pattern", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "minItems",
        "maxItems", "uniqueItems", "minProperties", "maxProperties", "required", "properties", "additionalProperties", "items", "nullable", "allOf", "anyOf", "oneOf", "not", "externalDocs",
        "x-kubernetes-validations", "x-kubernetes-preserve-unknown-fields", "x-kubernetes-int-or-string", "x-kubernetes-embedded-resource", "x-kubernetes-list-type", "x-kubernetes-list-map-keys", "x-kubernetes-map-type",
    ];

    static readonly HashSet<string> Types = ["object", "array", "string", "integer", "number", "boolean"];

    public static void Problems(JsonObject definition, List<FakeCause> causes)
    {
        var spec = definition["spec"]!;
        var name = $"{spec["names"]!["plural"]}.{spec["group"]}";
        if ((string)definition["metadata"]!["name"]! != name)
            causes.Add(FakeValidation.Invalid("metadata.name", definition["metadata"]!["name"]!, $"must be spec.names.plural+\".\"+spec.group"));
        var versions = (JsonArray)spec["versions"]!;
        if (versions.Count(version => (bool?)version!["storage"] == true) != 1)
            causes.Add(FakeValidation.Invalid("spec.versions", versions.Count, "must have exactly one version marked as storage version"));
        foreach (var (version, at) in versions.Select((version, at) => (version!, at)))
        {
            var here = $"spec.versions[{at}].schema.openAPIV3Schema";
            if (version["schema"]?["openAPIV3Schema"] is JsonObject schema)
                Node(schema, here, causes);
            else
                causes.Add(FakeValidation.Required(here, "schemas are required"));
        }
    }

    static void Node(JsonObject schema, string path, List<FakeCause> causes)
    {
        foreach (var (keyword, _) in schema.Where(part => !Keywords.Contains(part.Key)))
            causes.Add(FakeValidation.Invalid($"{path}.{keyword}", keyword, "unknown field"));
        if ((bool?)schema["x-kubernetes-int-or-string"] != true && !Types.Contains((string?)schema["type"] ?? ""))
            causes.Add(FakeValidation.Required($"{path}.type", "must not be empty for specified object fields"));
        if ((string?)schema["pattern"] is { } pattern && !Compiles(pattern))
            causes.Add(FakeValidation.Invalid($"{path}.pattern", pattern, "must be a valid regular expression"));
        if ((string?)schema["type"] == "array" && schema["items"] is not JsonObject)
            causes.Add(FakeValidation.Required($"{path}.items", "must be specified"));
        foreach (var rule in (schema["x-kubernetes-validations"] as JsonArray ?? []).Select(rule => (string)rule!["rule"]!))
        {
            if (FakeExpression.Problem(rule) is { } problem)
                causes.Add(FakeValidation.Invalid($"{path}.x-kubernetes-validations", rule, "compilation failed: " + problem));
        }
        foreach (var (name, property) in schema["properties"] as JsonObject ?? [])
            Node((JsonObject)property!, $"{path}.properties[{name}]", causes);
        foreach (var key in (schema["required"] as JsonArray ?? []).Select(key => (string)key!).Where(key => schema["properties"]?[key] is null))
            causes.Add(FakeValidation.Invalid($"{path}.required", key, "is no property"));
        foreach (var part in (string[])["items", "additionalProperties"])
        {
            if (schema[part] is JsonObject of)
                Node(of, $"{path}.{part}", causes);
        }
    }

    // RE2, which the server uses, has neither of these.
    static bool Compiles(string pattern)
    {
        if (pattern.Contains("(?=", StringComparison.Ordinal) || pattern.Contains("(?!", StringComparison.Ordinal) || pattern.Contains("(?<", StringComparison.Ordinal) || Regex.IsMatch(pattern, @"\\[1-9]"))
            return false;
        try
        {
            _ = new Regex(pattern);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
