using BackupRunner.Keys;
using BackupRunner.Kube;
using BackupRunner.Names;

namespace BackupRunner.Webhook.Keys;

/// <summary>Which rings a copy has, by its own annotation: nothing else knows of those that its workload wanted once.</summary>
/// <param name="Names">Key fields; null: the annotation is gone, and every field that holds a key may be of one.</param>
public sealed record CopyRings(IReadOnlyList<string>? Names)
{
    /// <summary>A copy that is still to be made.</summary>
    public static CopyRings None { get; } = new([]);

    public static CopyRings Of(Secret copy) =>
        new(copy.Metadata.Annotations?.GetValueOrDefault(ClusterNames.KeyFieldAnnotation)?.Split(',', StringSplitOptions.RemoveEmptyEntries));

    /// <summary>The annotation: names of fields have no comma. Empty where there are none, which is not the same as none.</summary>
    public static string Text(IEnumerable<string> keyFields) => string.Join(',', keyFields);

    /// <summary>Every key of its rings, with the ring and the field.</summary>
    public IEnumerable<(string Ring, string Field, KeyId Id)> Keys(IReadOnlyDictionary<string, byte[]> copy) => Names is null
        ? from field in copy.Keys.Order(StringComparer.Ordinal)
          let id = RingFields.Read(field, copy).Current
          where id is not null
          select (RingOf(field, id), field, id)
        : from ring in Names
          let held = RingFields.Read(ring, copy)
          from key in held.Held.Select(other => (Field: other.Value, Id: other.Key)).Concat(held.Current is { } current ? [(ring, current)] : [])
          select (ring, key.Field, key.Id);

    /// <summary>Of every field that holds a key, whatever it is called.</summary>
    public static HashSet<KeyId> IdsIn(IReadOnlyDictionary<string, byte[]> secret) => [.. new CopyRings(Names: null).Keys(secret).Select(key => key.Id)];

    static string RingOf(string field, KeyId id) => field.EndsWith($"-{id}", StringComparison.Ordinal) ? field[..^(KeyId.Length + 1)] : field;
}
