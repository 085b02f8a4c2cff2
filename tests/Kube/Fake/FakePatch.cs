using System.Globalization;
using System.Text.Json.Nodes;
using BackupRunner.Tests.Kube.Fake.Fields;

namespace BackupRunner.Tests.Kube.Fake;

/// <summary>
/// Merge patches (RFC 7386), JSON patches (RFC 6902), and strategic merge patches with the list keys of server-side apply; of the latter's directives
/// only <c>$patch: delete</c> and <c>$patch: replace</c> are known.
/// </summary>
public static class FakePatch
{
    public static JsonObject Patched(JsonObject item, JsonNode? patch, string contentType, FakeKind kind) => contentType switch
    {
        "application/merge-patch+json" when patch is JsonObject => (JsonObject)Merge(item, patch)!,
        "application/strategic-merge-patch+json" when patch is JsonObject && !kind.Custom => (JsonObject)Strategic(item, patch, kind.Schema)!,
        "application/json-patch+json" when patch is JsonArray operations => Operate(item, operations),
        "application/merge-patch+json" or "application/strategic-merge-patch+json" or "application/json-patch+json" when !(kind.Custom && contentType.Contains("strategic", StringComparison.Ordinal)) =>
            throw FakeStatusException.BadRequest("error decoding patch: the body has the wrong shape"),
        _ => throw new FakeStatusException(415, "UnsupportedMediaType",
            "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json"
            + (kind.Custom ? "" : ", application/strategic-merge-patch+json") + ", application/apply-patch+yaml"),
    };

    public static JsonNode? Merge(JsonNode? into, JsonNode? patch)
    {
        if (patch is not JsonObject changes)
            return patch?.DeepClone();
        var merged = into is JsonObject map ? (JsonObject)map.DeepClone() : [];
        foreach (var (name, value) in changes)
        {
            var was = merged[name];
            merged.Remove(name);
            if (value is not null)
                merged[name] = Merge(was, value);
        }
        return merged;
    }

    /// <summary>What a webhook or a client's JSON patch makes of the object.</summary>
    public static JsonObject Operate(JsonObject item, JsonArray operations)
    {
        JsonNode root = item.DeepClone();
        foreach (var operation in operations)
        {
            var (name, path) = ((string?)operation?["op"], (string?)operation?["path"] ?? "");
            switch (name)
            {
                case "add":
                    Add(root, path, operation!["value"]);
                    break;
                case "remove":
                    Take(root, path);
                    break;
                case "replace":
                    Take(root, path);
                    Add(root, path, operation!["value"]);
                    break;
                case "test":
                    if (!JsonNode.DeepEquals(Find(root, path), operation!["value"]))
                        throw Bad($"testing value {path} failed");
                    break;
                case "copy":
                    Add(root, path, Find(root, (string)operation!["from"]!));
                    break;
                case "move":
                    Add(root, path, Take(root, (string)operation!["from"]!));
                    break;
                default:
                    throw Bad($"unexpected kind: {name}");
            }
        }
        return (JsonObject)root;
    }

    static JsonNode? Strategic(JsonNode? into, JsonNode? patch, FieldType type)
    {
        if (patch is JsonObject changes && !(type.Shape is not FieldShape.Struct and not FieldShape.Map and not FieldShape.Any))
        {
            if ((string?)changes["$patch"] == "replace")
                into = null;
            var merged = into is JsonObject map ? (JsonObject)map.DeepClone() : [];
            foreach (var (name, value) in changes.Where(change => change.Key != "$patch"))
            {
                if (name[0] == '$')
                    throw FakeStatusException.BadRequest($"the fake does not know the directive {name}");
                var was = merged[name];
                merged.Remove(name);
                if (value is not null)
                    merged[name] = Strategic(was, value, type.Of(name));
            }
            return merged;
        }
        if (patch is not JsonArray list || type.Shape is not (FieldShape.Keyed or FieldShape.Set))
            return patch?.DeepClone();
        var items = (into as JsonArray ?? []).Select(item => item?.DeepClone()).ToList();
        foreach (var change in list)
        {
            var at = items.FindIndex(item => type.Shape == FieldShape.Set ? JsonNode.DeepEquals(item, change) : FieldSet.KeyOf(item, type.Keys) == FieldSet.KeyOf(change, type.Keys));
            var delete = (change as JsonObject)?["$patch"] is JsonValue directive && (string)directive! == "delete";
            if (at < 0 && !delete)
                items.Add(Strategic(null, change, type.Element));
            else if (delete && at >= 0)
                items.RemoveAt(at);
            else if (at >= 0 && type.Shape == FieldShape.Keyed)
                items[at] = Strategic(items[at], change, type.Element);
        }
        return new JsonArray([.. items]);
    }

    static JsonNode? Find(JsonNode? root, string path) => Tokens(path).Aggregate(root, (node, token) => node switch
    {
        JsonObject map when map.ContainsKey(token) => map[token],
        JsonArray list when Index(list, token) is var at && at < list.Count => list[at],
        _ => throw Bad($"path \"{path}\" does not exist"),
    });

    static void Add(JsonNode root, string path, JsonNode? value)
    {
        var tokens = Tokens(path);
        var above = Find(root, string.Concat(tokens[..^1].Select(token => "/" + Escape(token))));
        if (above is JsonObject map)
            map[tokens[^1]] = value?.DeepClone();
        else if (above is JsonArray list)
            list.Insert(tokens[^1] == "-" ? list.Count : Index(list, tokens[^1]), value?.DeepClone());
        else
            throw Bad($"path \"{path}\" does not exist");
    }

    static JsonNode? Take(JsonNode root, string path)
    {
        var (tokens, taken) = (Tokens(path), Find(root, path));
        var above = Find(root, string.Concat(tokens[..^1].Select(token => "/" + Escape(token))));
        if (above is JsonObject map)
            map.Remove(tokens[^1]);
        else
            ((JsonArray)above!).RemoveAt(Index((JsonArray)above, tokens[^1]));
        return taken?.DeepClone();
    }

    static int Index(JsonArray list, string token) =>
        int.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out var at) && at <= list.Count ? at : throw Bad($"invalid index \"{token}\"");

    static string[] Tokens(string path) =>
        path.Length == 0 ? [] : [.. path.Split('/')[1..].Select(token => token.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal))];

    static string Escape(string token) => token.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    static FakeStatusException Bad(string why) => new(422, "Invalid", $"the server rejected our request due to an error in our request: {why}");
}
