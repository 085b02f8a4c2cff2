namespace BackupRunner.Webhook.Workloads;

/// <param name="Claims">In order of name.</param>
/// <param name="Problems">Why others cannot be; each a sentence without a full stop that names the volume or claim.</param>
/// <param name="IsUnknownYet">What does not exist yet and may come; sentences too.</param>
public sealed record SelectedClaims(IReadOnlyList<ProtectedClaim> Claims, IReadOnlyList<string> Problems, IReadOnlyList<string> IsUnknownYet)
{
    /// <summary>Claims that exist and cannot be backed up any more, or at all, and that nobody has excluded: what was made for them when they could is not to go. And why, a sentence.</summary>
    public IReadOnlyList<(string Claim, string Why)> Unfit { get; init; } = [];
}
