using BackupRunner.Keys;

namespace BackupRunner.Webhook.Keys;

/// <summary>Which keys the fields of a Secret hold, without holding any of them.</summary>
/// <param name="Current">Null: the current key's field is missing or no key.</param>
/// <param name="Held">Each other field that holds the key it is named for, by that key.</param>
/// <param name="Problems">Of the others; each a clause that quotes the field and never its content.</param>
public sealed record RingFields(KeyId? Current, IReadOnlyDictionary<KeyId, string> Held, IReadOnlyList<string> Problems)
{
    const int MostProblems = 8;

    public IEnumerable<KeyId> Ids => Current is null ? Held.Keys : Held.Keys.Append(Current).Distinct();

    public static RingFields Read(string keyField, IReadOnlyDictionary<string, byte[]> data)
    {
        var held = new Dictionary<KeyId, string>();
        var problems = new List<string>();
        foreach (var (field, content) in data.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            if (KeyFields.IdOf(keyField, field) is not { } named)
                continue;
            if (IdOf(content, out var problem) is not { } id)
                problems.Add($"field \"{field}\" is no key: it {problem}");
            else if (id == named)
                held.Add(id, field);
            else
                problems.Add($"field \"{field}\" holds key {id}");
        }
        var current = data.TryGetValue(keyField, out var key) ? IdOf(key, out _) : null;
        return new(current, held, problems.Count <= MostProblems ? problems : [.. problems.Take(MostProblems), $"{problems.Count - MostProblems} more"]);
    }

    static KeyId? IdOf(byte[] content, out string? problem)
    {
        if (!KeyEncryptionKey.TryParse(content, out var key, out problem))
            return null;
        using (key)
            return key.Id;
    }
}
