namespace BackupRunner.Webhook.Status;

/// <summary>Whether calls may come: everything that was added says that it is ready, and the process is not about to end.</summary>
public sealed class Readiness
{
    readonly Lock gate = new();
    readonly List<Func<string?>> conditions = [];
    bool stopping;

    /// <param name="problem">Asked at each probe; why it is not ready, as a sentence without a full stop; null: it is.</param>
    public void Add(Func<string?> problem)
    {
        lock (gate)
            conditions.Add(problem);
    }

    /// <summary>Ready once <paramref name="done"/> has ended well.</summary>
    public void Add(string problem, Task done) => Add(() => done.IsCompletedSuccessfully ? null : problem);

    /// <summary>From now on it is not ready: no new calls are to come.</summary>
    public void Stop()
    {
        lock (gate)
            stopping = true;
    }

    /// <summary>Empty: it is ready.</summary>
    public IReadOnlyList<string> Problems()
    {
        lock (gate)
            return stopping ? ["it is stopping"] : [.. conditions.Select(problem => problem()).OfType<string>()];
    }
}
