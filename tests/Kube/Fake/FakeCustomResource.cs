using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using BackupRunner.Tests.Kube.Fake.Fields;

namespace BackupRunner.Tests.Kube.Fake;

/// <summary>
/// Kinds that a CustomResourceDefinition declares: pruned of what its schema does not know, and checked for required, type, enum, pattern, bounds and
/// lengths and the one format that we use, then, if all that is right, for its CEL rules. Not done: other formats, conversion between versions.
/// </summary>
public static class FakeCustomResource
{
    public static IEnumerable<FakeKind> Kinds(JsonObject definition)
    {
        var spec = definition["spec"]!;
        foreach (var version in ((JsonArray)spec["versions"]!).Where(version => (bool?)version!["served"] == true))
        {
            var schema = version!["schema"]?["openAPIV3Schema"] as JsonObject ?? [];
            yield return new FakeKind((string)spec["group"]!, (string)version["name"]!, (string)spec["names"]!["plural"]!, (string)spec["names"]!["kind"]!, (string)spec["scope"]! == "Namespaced",
                Type(schema, true), version["subresources"]?["status"] is not null, true, true)
            { OpenApi = schema, Names = spec["names"], Columns = version["additionalPrinterColumns"] as JsonArray ?? [] };
        }
    }

    /// <summary>Without unknown fields, whose paths are told.</summary>
    public static JsonObject Prune(JsonObject item, FakeKind kind, out IReadOnlyList<string> pruned)
    {
        var unknown = new List<string>();
        var left = (JsonObject)Prune(item, kind.Schema, "", unknown)!;
        left["metadata"] = new FieldWriter().Write(item["metadata"] as JsonObject ?? [], FieldTable.Of("ObjectMeta"));
        pruned = unknown;
        return left;
    }

    /// <param name="old">Null: it is made anew.</param>
    public static IReadOnlyList<FakeCause> Problems(FakeKind kind, JsonObject item, JsonObject? old = null)
    {
        var causes = new List<FakeCause>();
        Check(item, kind.OpenApi!, "", causes);
        if (causes.Count == 0)
            FakeRules.Check(item, old, kind.OpenApi!, "", causes);
        return causes;
    }

    /// <summary>What the server's controllers make of a new definition.</summary>
    public static JsonObject Established(JsonObject definition, string now)
    {
        var next = (JsonObject)definition.DeepClone();
        var status = (JsonObject)next["status"]!;
        status["acceptedNames"] = next["spec"]!["names"]!.DeepClone();
        status["conditions"] = new JsonArray(
            Condition("NamesAccepted", "NoConflicts", "no conflicts found", now), Condition("Established", "InitialNamesAccepted", "the initial names have been accepted", now));
        return next;
    }

    static JsonObject Condition(string type, string reason, string message, string now) =>
        new() { ["type"] = type, ["status"] = "True", ["lastTransitionTime"] = now, ["reason"] = reason, ["message"] = message };

    static FieldType Type(JsonObject schema, bool root = false)
    {
        if ((bool?)schema["x-kubernetes-int-or-string"] == true)
            return new FieldType(FieldShape.Scalar);
        if (root || (string?)schema["type"] == "object" && (schema["properties"] is JsonObject || schema["additionalProperties"] is null))
        {
            var type = new FieldType(FieldShape.Struct)
            {
                Atomic = (string?)schema["x-kubernetes-map-type"] == "atomic",
                Closed = (bool?)schema["x-kubernetes-preserve-unknown-fields"] != true,
            };
            if (root)
            {
                type.Add(new Field("apiVersion", new FieldType(FieldShape.Text), FieldPresence.Kept));
                type.Add(new Field("kind", new FieldType(FieldShape.Text), FieldPresence.Kept));
                type.Add(new Field("metadata", FieldTable.Of("ObjectMeta"), FieldPresence.Kept));
            }
            foreach (var (name, property) in schema["properties"] as JsonObject ?? [])
            {
                if (type[name] is null)
                    type.Add(new Field(name, Type((JsonObject)property!), FieldPresence.Kept));
            }
            return type;
        }
        if ((string?)schema["type"] == "object")
            return new FieldType(FieldShape.Map) { Element = schema["additionalProperties"] is JsonObject element ? Type(element) : new FieldType(FieldShape.Any) };
        if ((string?)schema["type"] != "array")
            return new FieldType((string?)schema["type"] is null ? FieldShape.Any : FieldShape.Scalar);
        var items = schema["items"] is JsonObject of ? Type(of) : new FieldType(FieldShape.Any);
        return (string?)schema["x-kubernetes-list-type"] switch
        {
            "map" => new FieldType(FieldShape.Keyed) { Element = items, Keys = [.. ((JsonArray)schema["x-kubernetes-list-map-keys"]!).Select(key => (string)key!).Order()] },
            "set" => new FieldType(FieldShape.Set) { Element = items },
            _ => new FieldType(FieldShape.List) { Element = items },
        };
    }

    static JsonNode? Prune(JsonNode? value, FieldType type, string path, List<string> unknown) => value switch
    {
        JsonObject map when type.Shape is FieldShape.Struct or FieldShape.Map => new JsonObject(map.Where(field =>
        {
            var known = type.Shape == FieldShape.Map || !type.Closed || type[field.Key] is not null;
            if (!known)
                unknown.Add(path + field.Key);
            return known;
        }).Select(field => KeyValuePair.Create(field.Key, path.Length == 0 && field.Key == "metadata" ? field.Value?.DeepClone() : Prune(field.Value, type.Of(field.Key), $"{path}{field.Key}.", unknown)))),
        JsonArray list when type.Shape is FieldShape.List or FieldShape.Set or FieldShape.Keyed =>
            new JsonArray([.. list.Select((item, at) => Prune(item, type.Element, $"{path.TrimEnd('.')}[{at}].", unknown))]),
        _ => value?.DeepClone(),
    };

    static void Check(JsonNode? value, JsonObject schema, string path, List<FakeCause> causes)
    {
        var wanted = (string?)schema["type"];
        if (value is null)
        {
            if (wanted is not null && (bool?)schema["nullable"] != true)
                causes.Add(new FakeCause("FieldValueTypeInvalid", $"Invalid value: \"null\": {path} in body must be of type {wanted}: \"null\"", path));
            return;
        }
        var is_ = Named(value.GetValueKind(), value);
        if (wanted is not null && wanted != is_ && !(wanted == "number" && is_ == "integer") && (bool?)schema["x-kubernetes-int-or-string"] != true)
        {
            causes.Add(new FakeCause("FieldValueTypeInvalid", $"Invalid value: \"{is_}\": {path} in body must be of type {wanted}: \"{is_}\"", path));
            return;
        }
        if (schema["enum"] is JsonArray allowed && !allowed.Any(one => JsonNode.DeepEquals(one, value)))
        {
            causes.Add(new FakeCause("FieldValueNotSupported", $"Unsupported value: {value.ToJsonString()}: supported values: {string.Join(", ", allowed.Select(one => one!.ToJsonString()))}", path));
        }
        if (value is JsonObject map)
        {
            foreach (var name in (schema["required"] as JsonArray ?? []).Select(name => (string)name!).Where(name => !map.ContainsKey(name)))
                causes.Add(FakeValidation.Required(Join(path, name)));
            foreach (var (name, field) in map)
            {
                if ((schema["properties"]?[name] ?? schema["additionalProperties"]) is JsonObject of && name != "metadata")
                    Check(field, of, Join(path, name), causes);
            }
        }
        else if (value is JsonArray list)
        {
            Bound(list.Count, schema, "Items", path, value, causes, "should have at {0} {1} items");
            foreach (var (item, at) in list.Select((item, at) => (item, at)))
                Check(item, schema["items"] as JsonObject ?? [], $"{path}[{at}]", causes);
        }
        else if (is_ == "string")
        {
            Bound(((string)value!).Length, schema, "Length", path, value, causes, "should be at {0} {1} chars long");
            if ((string?)schema["pattern"] is { } pattern && !Regex.IsMatch((string)value!, pattern))
                causes.Add(FakeValidation.Invalid(path, value, $"{path} in body should match '{pattern}'"));
            if ((string?)schema["format"] == "date-time" && !IsDateTime((string)value!))
                causes.Add(FakeValidation.Invalid(path, value, $"{path} in body must be of type date-time: {value.ToJsonString()}"));
        }
        else if (is_ is "integer" or "number")
        {
            if (schema["minimum"] is { } least && (double)value < (double)least)
                causes.Add(FakeValidation.Invalid(path, value, $"{path} in body should be greater than or equal to {least.ToJsonString()}"));
            if (schema["maximum"] is { } most && (double)value > (double)most)
                causes.Add(FakeValidation.Invalid(path, value, $"{path} in body should be less than or equal to {most.ToJsonString()}"));
        }
    }

    static void Bound(int size, JsonObject schema, string of, string path, JsonNode value, List<FakeCause> causes, string words)
    {
        if ((int?)schema["min" + of] > size)
            causes.Add(FakeValidation.Invalid(path, value, $"{path} in body {string.Format(null, words, "least", schema["min" + of]!.ToJsonString())}"));
        if ((int?)schema["max" + of] < size)
            causes.Add(FakeValidation.Invalid(path, value, $"{path} in body {string.Format(null, words, "most", schema["max" + of]!.ToJsonString())}"));
    }

    // RFC 3339.
    static bool IsDateTime(string text) => Regex.IsMatch(text, @"\A\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)\z")
        && DateTimeOffset.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.None, out _);

    static string Named(JsonValueKind kind, JsonNode value) => kind switch
    {
        JsonValueKind.True or JsonValueKind.False => "boolean",
        JsonValueKind.Number => value.ToJsonString().AsSpan().ContainsAny('.', 'e', 'E') ? "number" : "integer",
        var other => other.ToString().ToLowerInvariant(),
    };

    static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";
}
