namespace BackupRunner.Webhook.Keys;

/// <summary>What an audit lists.</summary>
/// <param name="Location">As <see cref="StorageLocation"/> names it.</param>
/// <param name="Below">Paths below its prefix, one a line, in order; empty: everything there.</param>
/// <param name="Namespace">Whose word it is, of everything there: who may make pods in a namespace can forge what is found there. Empty: whoever is asked.</param>
public sealed record AuditScope(string Location, string Below = "", string Namespace = "")
{
    public IReadOnlyList<string> Paths => Below.Length == 0 ? [] : Below.Split('\n');
}
