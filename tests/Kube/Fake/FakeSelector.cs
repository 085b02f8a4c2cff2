using System.Text.Json.Nodes;

namespace BackupRunner.Tests.Kube.Fake;

/// <summary>Label and field selectors: of queries, and of objects.</summary>
public static class FakeSelector
{
    static readonly string[] EveryField = ["metadata.name", "metadata.namespace"];

    /// <summary><c>a=b,c!=d,e in (f,g),h notin (i),j,!k</c></summary>
    public static Func<JsonNode, bool> Labels(string text)
    {
        var terms = Split(text).Select(Term).ToList();
        return item => terms.All(term => term(name => (string?)item["metadata"]?["labels"]?[name]));
    }

    /// <summary>Name and namespace of every kind; of a pod also its phase and its node; of an event what it is about.</summary>
    public static Func<JsonNode, bool> Fields(string text, FakeKind kind)
    {
        var known = EveryField.Concat(kind.Plural switch
        {
            "pods" => ["status.phase", "spec.nodeName", "spec.restartPolicy", "spec.serviceAccountName"],
            "events" => ["involvedObject.kind", "involvedObject.name", "involvedObject.namespace", "involvedObject.uid", "reason", "type"],
            "jobs" => ["status.successful"],
            "secrets" => ["type"],
            "namespaces" => ["status.phase"],
            _ => [],
        }).ToList();
        var terms = text.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(term =>
        {
            var differs = term.Contains("!=", StringComparison.Ordinal);
            var parts = term.Split(["==", "!=", "="], 2, StringSplitOptions.None);
            if (parts.Length < 2)
                throw FakeStatusException.BadRequest($"invalid selector: '{term}'; can't understand '{term}'");
            if (!known.Contains(parts[0]))
                throw FakeStatusException.BadRequest($"Unable to find \"{kind.ApiVersion}, Resource={kind.Plural}\" that match label selector \"\", field selector \"{text}\": field label not supported: {parts[0]}");
            return (Path: parts[0].Split('.'), Value: parts[1], differs);
        }).ToList();
        return item => terms.All(term => ((string?)term.Path.Aggregate((JsonNode?)item, (node, name) => node?[name]) ?? "") == term.Value != term.differs);
    }

    /// <summary>A LabelSelector of an object, against labels; one that is empty selects all.</summary>
    public static bool Matches(JsonNode? selector, JsonNode? labels)
    {
        var equal = (selector?["matchLabels"] as JsonObject ?? []).All(label => (string?)labels?[label.Key] == (string?)label.Value);
        return equal && (selector?["matchExpressions"] as JsonArray ?? []).All(term => term is JsonObject && Holds(
            (string?)labels?[(string)term["key"]!], (string)term["operator"]!, [.. (term["values"] as JsonArray ?? []).Select(value => (string)value!)]));
    }

    static Func<Func<string, string?>, bool> Term(string text)
    {
        var term = text.Trim();
        if (term.EndsWith(')'))
        {
            var words = term.Split(' ', 3, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length < 3 || words[1] is not ("in" or "notin"))
                throw FakeStatusException.BadRequest($"unable to parse requirement: found '{term}'");
            var values = words[2].Trim('(', ')').Split(',', StringSplitOptions.TrimEntries);
            return labels => Holds(labels(words[0]), words[1] == "in" ? "In" : "NotIn", values);
        }
        var at = term.IndexOf('=', StringComparison.Ordinal);
        if (at < 0)
            return term.StartsWith('!') ? labels => labels(term[1..]) is null : labels => labels(term) is not null;
        var differs = at > 0 && term[at - 1] == '!';
        var (name, value) = (term[..(differs ? at - 1 : at)].Trim(), term[at..].TrimStart('=').Trim());
        return labels => Holds(labels(name), differs ? "NotIn" : "In", [value]);
    }

    static bool Holds(string? label, string @operator, IReadOnlyList<string> values) => @operator switch
    {
        "In" => label is not null && values.Contains(label),
        "NotIn" => label is null || !values.Contains(label),
        "Exists" => label is not null,
        "DoesNotExist" => label is null,
        _ => throw FakeStatusException.BadRequest($"\"{@operator}\" is not a valid label selector operator"),
    };

    // Commas inside brackets belong to the term.
    static IEnumerable<string> Split(string text)
    {
        var (start, depth) = (0, 0);
        for (var at = 0; at <= text.Length; at++)
        {
            var end = at == text.Length;
            depth += end ? 0 : text[at] == '(' ? 1 : text[at] == ')' ? -1 : 0;
            if ((end || text[at] == ',' && depth == 0) && at > start)
                yield return text[start..at];
            if (end || text[at] == ',' && depth == 0)
                start = at + 1;
        }
    }
}
