namespace BackupRunner.Templates.Syntax;

/// <summary>Collects faults, each once, up to <see cref="TemplateLimits.Faults"/>.</summary>
sealed class FaultList
{
    readonly HashSet<TemplateFault> faults = [];

    public bool IsFull => faults.Count >= TemplateLimits.Faults;

    public bool IsEmpty => faults.Count == 0;

    public void Add(TemplateFault fault)
    {
        if (!IsFull)
            faults.Add(fault);
    }

    /// <summary>In the order of the text.</summary>
    public IReadOnlyList<TemplateFault> All() => [.. faults.OrderBy(fault => (fault.Line, fault.Column))];
}
