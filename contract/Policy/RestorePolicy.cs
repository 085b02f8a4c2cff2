using System.Globalization;

namespace BackupRunner.Policy;

public sealed record RestorePolicy
{
    /// <summary>The owner of everything restored; null keeps the archived owners.</summary>
    public NumericOwner? Owner { get; init; }

    /// <summary>A template; exit 0 is healthy.</summary>
    public string? HealthCommand { get; init; }

    /// <summary>How long the workload may take to become ready; more than zero.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromMinutes(10);

    public bool KeepOldData { get; init; }

    /// <summary>False deletes the old data before the start: nothing is left to go back to.</summary>
    public bool Undo { get; init; } = true;

    /// <summary>Empties the volume first instead of staging beside the old data.</summary>
    public bool InPlace { get; init; }
}

/// <summary>Numbers, because the runner's image does not know the workload's user names.</summary>
public sealed record NumericOwner(uint Uid, uint Gid)
{
    /// <returns>Null unless <paramref name="text"/> is two decimal numbers and a colon; 4294967295 is chown's "leave it" and no owner.</returns>
    public static NumericOwner? Parse(string text) =>
        text.Split(':') is [var uid, var gid] && Id(uid) is { } user && Id(gid) is { } group ? new NumericOwner(user, group) : null;

    static uint? Id(string text) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id != uint.MaxValue ? id : null;

    public override string ToString() => $"{Uid}:{Gid}";
}
