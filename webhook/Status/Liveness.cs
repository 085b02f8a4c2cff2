namespace BackupRunner.Webhook.Status;

/// <summary>Whether the process does its work: no loop of it has ended before it was asked to.</summary>
public sealed class Liveness
{
    readonly Lock gate = new();
    readonly List<(string Name, Task Loop)> loops = [];

    public void Add(string name, Task loop)
    {
        lock (gate)
            loops.Add((name, loop));
    }

    /// <summary>Names of the loops that have ended. Empty: it lives.</summary>
    public IReadOnlyList<string> Ended()
    {
        lock (gate)
            return [.. loops.Where(loop => loop.Loop.IsCompleted).Select(loop => loop.Name)];
    }
}
