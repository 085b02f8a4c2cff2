using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Kube.Transcripts;

/// <summary>A recording in one of the folders here.</summary>
public sealed record Transcript(string Name, JsonNode Json)
{
    public static IReadOnlyList<Transcript> Of(string folder) =>
        [.. Directory.GetFiles(Repository.PathOf($"tests/Kube/Transcripts/{folder}"), "*.json").Order(StringComparer.Ordinal).Select(file => new Transcript(Path.GetFileNameWithoutExtension(file), JsonNode.Parse(File.ReadAllText(file))!))];

    public override string ToString() => Name;
}

/// <summary>
/// What a recording says and what a server says, compared but for what differs from server to server: uids, versions, times, generated names, tokens,
/// certificates. What the recording's server handed out is replaced by what this one did, in the requests that follow.
/// </summary>
public sealed partial class Comparer
{
    static readonly HashSet<string> Masked = ["uid", "resourceVersion", "continue", "ca.crt", "creationTimestamp", "deletionTimestamp", "time", "lastTransitionTime", "lastProbeTime", "startTime",
        "startedAt", "finishedAt", "caBundle", "authentication.kubernetes.io/credential-id"];

    readonly Dictionary<string, string> handedOut = [];

    /// <summary>A request's text with what this server handed out in the place of what the recorded one did.</summary>
    public string Translate(string text) => handedOut.OrderByDescending(pair => pair.Key.Length).Aggregate(text, (all, pair) =>
        pair.Key.Length > 8 ? all.Replace(pair.Key, pair.Value, StringComparison.Ordinal)
            : Regex.Replace(all, $"(?<=resourceVersion(=|\"\\s*:\\s*\")){Regex.Escape(pair.Key)}(?![0-9])", "@" + pair.Value)).Replace("@", "", StringComparison.Ordinal);

    public void Learn(JsonNode? recorded, JsonNode? answered)
    {
        if (recorded is JsonObject map && answered is JsonObject other)
        {
            foreach (var (name, value) in map)
            {
                if ((name is "uid" or "resourceVersion" or "continue") && value?.GetValueKind() == System.Text.Json.JsonValueKind.String && other[name] is JsonValue given)
                    handedOut[(string)value!] = (string)given!;
                else
                    Learn(value, other[name]);
            }
        }
        else if (recorded is JsonArray list && answered is JsonArray others)
        {
            foreach (var (first, second) in list.Zip(others))
                Learn(first, second);
        }
    }

    /// <summary>Every difference, with its path.</summary>
    public static IEnumerable<string> Differences(JsonNode? recorded, JsonNode? answered, string path = "") => (Mask(recorded, ""), Mask(answered, "")) switch
    {
        (JsonObject left, JsonObject right) => left.Select(field => field.Key).Union(right.Select(field => field.Key)).SelectMany(name =>
            !right.ContainsKey(name) ? [$"{path}.{name}: missing, recorded {left[name]?.ToJsonString() ?? "null"}"]
            : !left.ContainsKey(name) ? [$"{path}.{name}: not recorded: {right[name]?.ToJsonString() ?? "null"}"]
            : Differences(left[name], right[name], $"{path}.{name}")),
        (JsonArray left, JsonArray right) when left.Count == right.Count => left.Zip(right).SelectMany((pair, at) => Differences(pair.First, pair.Second, $"{path}[{at}]")),
        var (left, right) => JsonNode.DeepEquals(left, right) ? [] : [$"{path}: recorded {left?.ToJsonString() ?? "null"}, answered {right?.ToJsonString() ?? "null"}"],
    };

    public static string Mask(string text) => Generated().Replace(Versions().Replace(Ids().Replace(Uuids().Replace(text, "<uid>"), "<id>"), "resource version: <n> (<n>)"), "kube-api-access-<x>");

    static JsonNode? Mask(JsonNode? value, string name) => value switch
    {
        JsonObject map => new JsonObject(map.Select(field => KeyValuePair.Create(Mask(field.Key),
            field.Key == "name" && (string?)map["generateName"] is { } prefix && ((string)field.Value!).StartsWith(prefix, StringComparison.Ordinal) && !char.IsAsciiDigit(((string)field.Value!)[^1]) | prefix.EndsWith('.') ? prefix + "<x>"
                : Mask(field.Value, field.Key)))),
        JsonArray list => Masked.Contains(name) ? "<masked>" : new JsonArray([.. list.Select(item => Mask(item, name))]),
        JsonValue when value.GetValueKind() == System.Text.Json.JsonValueKind.String => Masked.Contains(name) ? "<masked>" : Mask((string)value!),
        _ => value?.DeepClone(),
    };

    [GeneratedRegex("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")]
    private static partial Regex Uuids();

    [GeneratedRegex("[0-9a-f]{64}")]
    private static partial Regex Ids();

    [GeneratedRegex(@"resource version: \d+ \(\d+\)")]
    private static partial Regex Versions();

    [GeneratedRegex("kube-api-access-[a-z0-9]{5}")]
    private static partial Regex Generated();
}
