namespace BackupRunner.Webhook.Keys;

/// <summary>What an audit lists.</summary>
/// <param name="Location">As <see cref="StorageLocation"/> names it.</param>
/// <param name="Below">Paths below its prefix, one a line, in order; empty: everything there.</param>
public sealed record AuditScope(string Location, string Below = "")
{
    public IReadOnlyList<string> Paths => Below.Length == 0 ? [] : Below.Split('\n');
}
