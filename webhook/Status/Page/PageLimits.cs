namespace BackupRunner.Webhook.Status.Page;

/// <summary>How long the page gets, whatever the cluster holds.</summary>
public static class PageLimits
{
    /// <summary>In the table.</summary>
    public const int MostWorkloads = 1_000;

    /// <summary>In each list above and below it.</summary>
    public const int MostListed = 100;
}
