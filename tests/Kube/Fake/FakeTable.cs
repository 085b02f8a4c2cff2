using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace BackupRunner.Tests.Kube.Fake;

/// <summary>
/// What <c>kubectl get</c> shows of custom resources: a Table of the definition's printer columns. Of JSONPath: fields, and a filter of one field by a text. Kinds of the server's own have none here;
/// kubectl then shows their names.
/// </summary>
static partial class FakeTable
{
    public static bool IsAsked(string? accept, FakeKind kind) => kind.Columns is not null && accept?.Contains("as=Table", StringComparison.Ordinal) == true;

    public static JsonObject Of(FakeKind kind, IEnumerable<JsonObject> items, JsonObject metadata, DateTimeOffset now)
    {
        var columns = kind.Columns!.Select(column => column!.AsObject()).ToList();
        return new JsonObject
        {
            ["kind"] = "Table",
            ["apiVersion"] = "meta.k8s.io/v1",
            ["metadata"] = metadata,
            ["columnDefinitions"] = new JsonArray([Definition("Name", "string", "name", 0), .. columns.Select(column => Definition((string)column["name"]!, (string)column["type"]!, "", (int?)column["priority"] ?? 0))]),
            ["rows"] = new JsonArray([.. items.Select(item => (JsonNode)new JsonObject
            {
                ["cells"] = new JsonArray([(string)item["metadata"]!["name"]!, .. columns.Select(column => Cell(item, column, now))]),
                ["object"] = new JsonObject { ["kind"] = "PartialObjectMetadata", ["apiVersion"] = "meta.k8s.io/v1", ["metadata"] = item["metadata"]!.DeepClone() },
            })]),
        };
    }

    static JsonNode Definition(string name, string type, string format, int priority) =>
        new JsonObject { ["name"] = name, ["type"] = type, ["format"] = format, ["description"] = "", ["priority"] = priority };

    static JsonNode? Cell(JsonObject item, JsonObject column, DateTimeOffset now)
    {
        var value = Find(item, (string)column["jsonPath"]!);
        return (string)column["type"]! switch
        {
            "date" => value is null ? null : Age(now - DateTimeOffset.Parse((string)value!, CultureInfo.InvariantCulture)),
            "integer" or "boolean" => value?.GetValueKind() is JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False ? value.DeepClone() : null,
            _ => value is null ? null : value.GetValueKind() == JsonValueKind.String ? value.DeepClone() : value.ToJsonString(),
        };
    }

    /// <exception cref="InvalidOperationException">It is no path that this knows: the real server refuses some such definitions, too.</exception>
    public static JsonNode? Find(JsonNode? at, string path)
    {
        var left = path;
        while (left.Length > 0)
        {
            var step = Step().Match(left);
            if (!step.Success)
                throw new InvalidOperationException($"no JSONPath: {path}");
            left = left[step.Length..];
            at = step.Groups["field"].Success ? (at as JsonObject)?[step.Groups["field"].Value]
                : (at as JsonArray)?.FirstOrDefault(one => (string?)one![step.Groups["key"].Value] == step.Groups["value"].Value);
        }
        return at;
    }

    // As apimachinery's duration.HumanDuration, but for years.
    static string Age(TimeSpan age) => age.TotalSeconds switch
    {
        < 0 => "0s",
        < 120 => $"{(int)age.TotalSeconds}s",
        < 600 => age.Seconds == 0 ? $"{(int)age.TotalMinutes}m" : $"{(int)age.TotalMinutes}m{age.Seconds}s",
        < 3 * 3600 => $"{(int)age.TotalMinutes}m",
        < 8 * 3600 => age.Minutes == 0 ? $"{(int)age.TotalHours}h" : $"{(int)age.TotalHours}h{age.Minutes}m",
        < 48 * 3600 => $"{(int)age.TotalHours}h",
        < 8 * 86400 => age.Hours == 0 ? $"{(int)age.TotalDays}d" : $"{(int)age.TotalDays}d{age.Hours}h",
        _ => $"{(int)age.TotalDays}d",
    };

    [GeneratedRegex("""^(?:\.(?<field>[A-Za-z0-9_-]+)|\[\?\(@\.(?<key>[A-Za-z]+)==["'](?<value>[^"']*)["']\)\])""")]
    private static partial Regex Step();
}
