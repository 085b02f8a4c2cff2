namespace BackupRunner.Webhook.Keys;

public sealed record SecretId(string Namespace, string Name)
{
    /// <returns>Null when <paramref name="text"/> is not what <see cref="ToString"/> writes.</returns>
    public static SecretId? Parse(string text) => text.Split('/') is [{ Length: > 0 } space, { Length: > 0 } name] ? new(space, name) : null;

    /// <summary>For messages and annotations: <c>namespace/name</c>.</summary>
    public override string ToString() => $"{Namespace}/{Name}";
}
