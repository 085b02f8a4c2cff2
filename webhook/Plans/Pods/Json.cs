using System.Text.Json;
using System.Text.Json.Nodes;

namespace BackupRunner.Webhook.Plans.Pods;

/// <summary>Parts of a workload, as nodes of an object of ours.</summary>
static class Json
{
    public static JsonNode Node(JsonElement value) => JsonNode.Parse(value.GetRawText())!;

    public static JsonObject Object(JsonElement value) => Node(value).AsObject();
}
