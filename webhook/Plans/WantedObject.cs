using System.Text.Json.Nodes;
using BackupRunner.Kube;

namespace BackupRunner.Webhook.Plans;

/// <summary>An object that there should be, with exactly the fields that are ours.</summary>
/// <param name="Body">With apiVersion, kind, metadata (name, namespace, labels, ownerReferences) and the rest.</param>
public sealed record WantedObject(KubeResource<KubeObject> Resource, string Namespace, string Name, JsonObject Body);
