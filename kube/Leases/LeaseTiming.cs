namespace BackupRunner.Kube;

/// <param name="Duration">So long after its last renewal others may take the Lease; written on it in whole seconds.</param>
/// <param name="Renew">How often we renew it.</param>
public sealed record LeaseTiming(TimeSpan Duration, TimeSpan Renew)
{
    /// <summary>60 s, renewed every 15 s.</summary>
    public static LeaseTiming Default { get; } = new(TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(15));

    /// <summary>Between two looks at a Lease that another holds.</summary>
    public TimeSpan Poll { get; init; } = TimeSpan.FromSeconds(3);
}
