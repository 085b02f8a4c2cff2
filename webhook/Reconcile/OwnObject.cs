using System.Security.Cryptography;
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
/// <param name="Digest">SHA-256 of the fields.</param>
/// <param name="Fields">
/// JSON, UTF-8: metadata's labels, annotations and ownerReferences, and all else but status. Of a Lease the metadata alone, without annotations: the rest is its holder's. Null: there was no room for
/// them, since anybody may put our label on anything.
/// </param>
/// <param name="HasOwner">It goes with its workload.</param>
/// <param name="Notes">Of a policy's ConfigMap: its annotations <see cref="ClusterNames.CopiesAnnotation"/> and <see cref="ClusterNames.PolicyAnnotation"/>.</param>
public sealed record OwnObject(ObjectKey Key, string Uid, string Label, string Digest, byte[]? Fields, bool HasOwner, (string? Copies, string? Policy) Notes)
{
    /// <summary>Bytes of one object's fields that are kept. A CronJob of ours has some 5 KB.</summary>
    public const int MostBytes = 64 << 10;

    const int LongestNote = 8 << 10;

    /// <returns>Null: it does not carry our label.</returns>
    public static OwnObject? Of(string plural, KubeObject item)
    {
        if (item.Metadata.Labels?.GetValueOrDefault(ClusterNames.ForLabel) is not { Length: > 0 } label)
            return null;
        var fields = FieldsOf(plural, item);
        return new(
            KeyOf(plural, item), item.Metadata.Uid ?? "", label, Convert.ToHexString(SHA256.HashData(fields)), fields.Length <= MostBytes ? fields : null,
            item.Metadata.OwnerReferences is { Count: > 0 }, (Note(item, ClusterNames.CopiesAnnotation), Note(item, ClusterNames.PolicyAnnotation)));
    }

    public static ObjectKey KeyOf(string plural, KubeObject item) => new(plural, item.Metadata.Namespace ?? "", item.Metadata.Name);

    /// <summary>Nothing of what we look at is different.</summary>
    public bool IsLike(OwnObject other) => Uid == other.Uid && Label == other.Label && Digest == other.Digest;

    /// <summary>JSON, UTF-8, as <see cref="Fields"/>.</summary>
    public static byte[] FieldsOf(string plural, KubeObject item)
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

    static string? Note(KubeObject item, string annotation) => item.Metadata.Annotations?.GetValueOrDefault(annotation) is { Length: <= LongestNote } note ? note : null;

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
