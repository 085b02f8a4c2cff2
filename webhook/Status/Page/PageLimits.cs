namespace BackupRunner.Webhook.Status.Page;

/// <summary>How long the page gets, whatever the cluster holds.</summary>
public static class PageLimits
{
    /// <summary>In the table.</summary>
    public const int MostWorkloads = 1_000;

    /// <summary>In each list above and below it.</summary>
    public const int MostListed = 200;

    // Before "more" is asked for.
    public const int ShownProblems = 8;

    public const int ShownRuns = 9;

    public const int ShownNames = 40;
}
