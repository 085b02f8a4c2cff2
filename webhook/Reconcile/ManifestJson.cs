using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace BackupRunner.Webhook.Reconcile;

[JsonSerializable(typeof(JsonObject))]
[JsonSerializable(typeof(JsonElement))]
sealed partial class ManifestJson : JsonSerializerContext;
