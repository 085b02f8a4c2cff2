using System.Text.Json;
using BackupRunner.Kube;
using BackupRunner.Names;

namespace BackupRunner.Webhook.Reconcile;

/// <summary>Which object.</summary>
/// <param name="Plural">Of its kind: <c>cronjobs</c>.</param>
public readonly record struct ObjectKey(string Plural, string Namespace, string Name)
{
    public override string ToString() => $"{Plural} \"{Name}\"";
}

/// <summary>An object that carries our <c>/for</c> label, as the server has it, without what changes by itself.</summary>
/// <param name="Label">The value of that label.</param>
/// <param name="Fields">JSON, UTF-8: metadata's labels, annotations and ownerReferences, and all else but status. Of a Lease the metadata alone, without annotations: the rest is its holder's.</param>
public sealed record OwnObject(ObjectKey Key, string Uid, string Label, ReadOnlyMemory<byte> Fields)
{
    /// <returns>Null: it does not carry our label.</returns>
    public static OwnObject? Of(string plural, KubeObject item) =>
        item.Metadata.Labels?.GetValueOrDefault(ClusterNames.ForLabel) is { Length: > 0 } label
            ? new(KeyOf(plural, item), item.Metadata.Uid ?? "", label, FieldsOf(plural, item))
            : null;

    public static ObjectKey KeyOf(string plural, KubeObject item) => new(plural, item.Metadata.Namespace ?? "", item.Metadata.Name);

    /// <summary>Nothing of what we look at is different.</summary>
    public bool IsLike(OwnObject other) => Uid == other.Uid && Label == other.Label && Fields.Span.SequenceEqual(other.Fields.Span);

    /// <summary>It goes with its workload.</summary>
    public bool HasOwner
    {
        get
        {
            using var fields = JsonDocument.Parse(Fields);
            return fields.RootElement.GetProperty("metadata").GetProperty("ownerReferences").GetArrayLength() > 0;
        }
    }

    static ReadOnlyMemory<byte> FieldsOf(string plural, KubeObject item)
    {
        var isLease = plural == "leases";
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteStartObject("metadata");
            WriteMap(json, "labels", item.Metadata.Labels);
            if (!isLease)
                WriteMap(json, "annotations", item.Metadata.Annotations);
            WriteOwners(json, item.Metadata.OwnerReferences ?? []);
            json.WriteEndObject();
            foreach (var (name, value) in item.Unknown ?? [])
            {
                if (name != "status" && !isLease)
                {
                    json.WritePropertyName(name);
                    value.WriteTo(json);
                }
            }
            json.WriteEndObject();
        }
        return bytes.ToArray();
    }

    static void WriteMap(Utf8JsonWriter json, string name, Dictionary<string, string>? map)
    {
        json.WriteStartObject(name);
        foreach (var (key, value) in (map ?? []).OrderBy(entry => entry.Key, StringComparer.Ordinal))
            json.WriteString(key, value);
        json.WriteEndObject();
    }

    static void WriteOwners(Utf8JsonWriter json, List<OwnerReference> owners)
    {
        json.WriteStartArray("ownerReferences");
        foreach (var owner in owners)
        {
            json.WriteStartObject();
            json.WriteString("apiVersion", owner.ApiVersion);
            json.WriteString("kind", owner.Kind);
            json.WriteString("name", owner.Name);
            json.WriteString("uid", owner.Uid);
            json.WriteBoolean("controller", owner.Controller ?? false);
            json.WriteBoolean("blockOwnerDeletion", owner.BlockOwnerDeletion ?? false);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
