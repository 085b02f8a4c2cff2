using System.Text.Json;
using System.Text.Json.Nodes;
using BackupRunner.Reports;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Status;

/// <summary>One of an object's conditions, by the API conventions ("Typical status properties").</summary>
/// <param name="Status"><c>True</c>, <c>False</c> or <c>Unknown</c>.</param>
/// <param name="Reason">One word in CamelCase.</param>
/// <param name="Message">A sentence.</param>
/// <param name="Since">When it got that status.</param>
public sealed record Condition(string Type, string Status, string Reason, string Message, DateTimeOffset Since)
{
    public const string True = "True";
    public const string False = "False";
    public const string Unknown = "Unknown";

    /// <summary>Characters.</summary>
    public const int LongestMessage = 4096;

    /// <summary>Of a status that somebody may have written by hand.</summary>
    public static IReadOnlyList<Condition> Read(JsonElement status) =>
    [
        .. status.Items("conditions").Take(16).Where(one => one.Text("type") is not null && one.Text("status") is not null).Select(one => new Condition(
            one.Text("type")!, one.Text("status")!, one.Text("reason") ?? "", one.Text("message") ?? "",
            one.Time("lastTransitionTime") ?? default)),
    ];

    /// <summary>These, each with the time at which its status became what it is.</summary>
    public static IReadOnlyList<Condition> Updated(IReadOnlyList<Condition> before, IEnumerable<(string Type, string Status, string Reason, string Message)> now, DateTimeOffset at) =>
    [
        .. now.Select(one => new Condition(
            one.Type, one.Status, one.Reason, one.Message.Length <= LongestMessage ? one.Message : one.Message[..(LongestMessage - 1)] + "…",
            before.FirstOrDefault(other => other.Type == one.Type && other.Status == one.Status)?.Since ?? at)),
    ];

    public static JsonArray Json(IEnumerable<Condition> conditions, long generation) => new([.. conditions.Select(one => (JsonNode)new JsonObject
    {
        ["type"] = one.Type,
        ["status"] = one.Status,
        ["reason"] = one.Reason,
        ["message"] = one.Message,
        ["observedGeneration"] = generation,
        ["lastTransitionTime"] = UtcTime.Text(one.Since),
    })]);
}
