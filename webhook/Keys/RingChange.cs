using BackupRunner.Keys;
using BackupRunner.Kube;

namespace BackupRunner.Webhook.Keys;

/// <summary>What a step of <see cref="KeyRotation"/> makes of a key Secret.</summary>
static class RingChange
{
    /// <summary>A Secret with its first key. It belongs to nobody, so that deleting an application never deletes its only key.</summary>
    public static Secret First(SecretId id, string keyField, byte[] key, RingRecord record) => new()
    {
        Metadata = new() { Name = id.Name, Namespace = id.Namespace, Annotations = record.Write(keyField, null) },
        Type = CopyShape.Type,
        Data = new() { [keyField] = key },
    };

    /// <summary>The same version of the Secret with the action done; its content is that of <paramref name="secret"/>.</summary>
    /// <param name="key">The new one's content, of <see cref="KeyAction.Add"/>.</param>
    /// <returns>Null: there is nothing to write.</returns>
    public static Secret? Of(Secret secret, string keyField, KeyAction action, RingRecord record, NewKey? key, DateTimeOffset now)
    {
        var data = new Dictionary<string, byte[]>(secret.Data);
        var times = new Dictionary<KeyId, KeyTimes>(record.Times);
        var locations = new HashSet<string>(record.Locations ?? new HashSet<string>());
        switch (action)
        {
            case KeyAction.Add:
                data[KeyFields.Other(keyField, key!.Id)] = key.Content;
                times[key.Id] = new(now);
                break;
            case KeyAction.Promote promote:
                var content = data[KeyFields.Other(keyField, promote.Id)];
                data[KeyFields.Other(keyField, promote.Previous)] = data[keyField];
                data[keyField] = content;
                data.Remove(KeyFields.Other(keyField, promote.Id));
                times[promote.Id] = times.GetValueOrDefault(promote.Id, new()) with { Promoted = now };
                times[promote.Previous] = times.GetValueOrDefault(promote.Previous, new()) with { Retired = now };
                break;
            case KeyAction.Remove remove:
                // Not short-circuited: both go.
                if (!(data.Remove(KeyFields.Other(keyField, remove.Id)) | times.Remove(remove.Id)))
                    return null;
                break;
            case KeyAction.Record recorded:
                foreach (var (id, of) in recorded.Times)
                    times[id] = of;
                locations.UnionWith(recorded.Locations);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(action));
        }
        return secret with
        {
            Data = data,
            Metadata = secret.Metadata with { Annotations = new RingRecord(times, locations, null).Write(keyField, secret.Metadata.Annotations) },
        };
    }
}
