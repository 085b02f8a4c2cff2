namespace BackupRunner.Kube;

/// <summary>Annotations that are to be written; a null value removes one.</summary>
sealed class PendingAnnotations
{
    readonly Lock gate = new();
    readonly Dictionary<string, string?> pending = [];

    public void Set(string key, string? value)
    {
        lock (gate)
            pending[key] = value;
    }

    public Dictionary<string, string?> Copy()
    {
        lock (gate)
            return new(pending);
    }

    /// <summary>They were written; what was set anew meanwhile stays.</summary>
    public void Written(Dictionary<string, string?> written)
    {
        lock (gate)
            foreach (var (key, value) in written)
                if (pending.TryGetValue(key, out var now) && now == value)
                    pending.Remove(key);
    }
}
