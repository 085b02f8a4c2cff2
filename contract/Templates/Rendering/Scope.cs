namespace BackupRunner.Templates.Rendering;

/// <summary>A part of the model whose members are fixed; those of <c>Values</c> are free.</summary>
sealed record FixedMembers(IReadOnlyDictionary<string, object?> Members);

/// <summary>The state of the innermost loop (Scriban 9.5, "Special loop variables").</summary>
sealed record Loop(int Index, int Length, bool Changed)
{
    public static readonly IReadOnlyList<string> Members = ["index", "rindex", "first", "last", "even", "odd", "changed", "length"];

    public object Member(string name) => name switch
    {
        "index" => (long)Index,
        "rindex" => (long)Length - Index - 1,
        "first" => Index == 0,
        "last" => Index == Length - 1,
        "even" => Index % 2 == 0,
        "odd" => Index % 2 == 1,
        "changed" => Changed,
        "length" => (long)Length,
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "no member of a loop"),
    };
}

/// <summary>The names that a template sees at one moment: those of the model, those it assigned, those of its loops.</summary>
sealed class Scope
{
    public static readonly IReadOnlyList<string> Roots = ["Values", "Backup", "Workload"];

    readonly Dictionary<string, object?> variables;

    public Scope(TemplateModel model) => variables = new Dictionary<string, object?>(StringComparer.Ordinal)
    {
        ["Values"] = model.Values,
        ["Backup"] = new FixedMembers(new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["id"] = model.Backup.Id,
            ["time"] = model.Backup.Time,
            ["archivePath"] = model.Backup.ArchivePath,
            ["checksumPath"] = model.Backup.ChecksumPath,
        }),
        ["Workload"] = new FixedMembers(new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["kind"] = model.Workload.Kind,
            ["name"] = model.Workload.Name,
            ["namespace"] = model.Workload.Namespace,
            ["pod"] = model.Workload.Pod,
            ["container"] = model.Workload.Container,
            ["claim"] = model.Workload.Claim,
        }),
    };

    public Loop? Loop { get; set; }

    public IEnumerable<string> Names => variables.Keys;

    public bool TryGet(string name, out object? value) => variables.TryGetValue(name, out value);

    public void Set(string name, object? value) => variables[name] = value;

    /// <summary>Gives a loop's variable back the meaning it had before the loop.</summary>
    public void Restore(string name, bool existed, object? value)
    {
        if (existed)
            variables[name] = value;
        else
            variables.Remove(name);
    }
}
