using System.Text.Json.Nodes;

namespace BackupRunner.Webhook.Admission;

/// <summary>The operations of RFC 6902 that admission uses.</summary>
static class JsonPatch
{
    public static JsonObject Add(string path, JsonNode value) => new() { ["op"] = "add", ["path"] = path, ["value"] = value };

    public static JsonObject Replace(string path, JsonNode value) => new() { ["op"] = "replace", ["path"] = path, ["value"] = value };

    public static JsonObject Remove(string path) => new() { ["op"] = "remove", ["path"] = path };

    /// <summary>A name as a part of a pointer (RFC 6901).</summary>
    public static string Segment(string name) => name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);
}
