namespace BackupRunner.Keys;

/// <summary>The fields of a key Secret, which is a ring: the policy's <c>keyField</c> holds the current key, <c>keyField-ID</c> each of the others.</summary>
public static class KeyFields
{
    public static string Other(string keyField, KeyId id) => $"{keyField}-{id}";

    /// <returns>Null when <paramref name="field"/> is not the field of another key of this ring.</returns>
    public static KeyId? IdOf(string keyField, string field) =>
        field.StartsWith(keyField + "-", StringComparison.Ordinal) ? KeyId.Parse(field[(keyField.Length + 1)..]) : null;
}
