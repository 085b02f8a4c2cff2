using BackupRunner.Backups;
using BackupRunner.Keys;
using BackupRunner.Policy;

namespace BackupRunner.Tests.Keys.Simulation;

sealed class SimulatedBackup(SimulatedSeries series, SimulatedLocation location, KeptBackup kept, KeyId key)
{
    readonly HashSet<KeyId> wraps = [key];

    public SimulatedSeries Series => series;

    public KeptBackup Kept => kept;

    public IReadOnlySet<KeyId> Wraps => wraps;

    /// <summary>Its manifest is stored.</summary>
    public bool IsComplete { get; private set; }

    public void Complete()
    {
        IsComplete = true;
        location.Changed.Add(this);
    }

    public void Put(KeyId wrap) => wraps.Add(wrap);

    public void Delete(KeyId wrap)
    {
        wraps.Remove(wrap);
        location.Changed.Add(this);
    }
}

/// <summary>A bucket and prefix.</summary>
sealed class SimulatedLocation(string name)
{
    public string Name => name;

    public bool IsWritable { get; set; } = true;

    public List<SimulatedBackup> Backups { get; } = [];

    /// <summary>What must be looked at: only an end of a run or of a wrap can make a backup unreadable, or a Secret that changes.</summary>
    public List<SimulatedBackup> Changed { get; } = [];
}

/// <param name="Mount">The Secret that its runs mount: the source, or the copy in its own namespace.</param>
sealed record SimulatedPolicy(string Name, SimulatedSecret Mount, int KeepCount, TimeSpan RemoteRetention)
{
    public required KeyRotationPolicy Rotation { get; init; }

    /// <summary>Changes when somebody moves the policy to another bucket; what is stored stays where it is.</summary>
    public required SimulatedLocation Location { get; set; }

    /// <summary>Where its runs store: what the webhook has told them last.</summary>
    public required SimulatedLocation Told { get; set; }
}

/// <summary>One claim; its runs exclude each other.</summary>
sealed class SimulatedSeries(SimulatedPolicy policy)
{
    public SimulatedPolicy Policy => policy;

    public bool IsLeased { get; set; }
}
