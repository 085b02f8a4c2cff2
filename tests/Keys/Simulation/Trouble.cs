namespace BackupRunner.Tests.Keys.Simulation;

/// <summary>What goes wrong, and how often: probabilities for each time it might.</summary>
sealed record Trouble
{
    public static readonly Trouble None = new();

    public static readonly Trouble Much = new()
    {
        Failures = 0.1,
        Kills = 0.05,
        MissedNights = 0.1,
        FailedAudits = 0.2,
        RunnerClocks = 0.05,
        LostWrites = 0.05,
        FailedCopies = 0.2,
        UnwritableWeeks = 0.01,
        WebhookOutages = 0.015,
        WebhookClocks = 0.02,
        HandEdits = 0.05,
        Flips = 0.1,
        Moves = 0.004,
    };

    public double Failures { get; init; }

    public double Kills { get; init; }

    public double MissedNights { get; init; }

    public double FailedAudits { get; init; }

    /// <summary>That a runner's clock is wrong by days.</summary>
    public double RunnerClocks { get; init; }

    /// <summary>That a write of the webhook meets a conflict, or that it dies between two.</summary>
    public double LostWrites { get; init; }

    public double FailedCopies { get; init; }

    /// <summary>A day, for each location.</summary>
    public double UnwritableWeeks { get; init; }

    /// <summary>A day; lasts up to three weeks.</summary>
    public double WebhookOutages { get; init; }

    /// <summary>A day; wrong by days, for up to two days.</summary>
    public double WebhookClocks { get; init; }

    /// <summary>A day.</summary>
    public double HandEdits { get; init; }

    /// <summary>An audit: that meanwhile a current key is changed by hand, and back.</summary>
    public double Flips { get; init; }

    /// <summary>A day: that a policy goes on in another bucket.</summary>
    public double Moves { get; init; }
}
