namespace BackupRunner.Archive;

/// <summary>Collects warnings by kind, in the order of their first appearance. Bounded: beyond <see cref="MaximumKinds"/> kinds, all
/// others are one.</summary>
public sealed class WarningList
{
    const int MaximumKinds = 50;
    const string Others = "other warnings";

    readonly List<(string Kind, List<string> Names)> kinds = [];
    readonly List<long> counts = [];
    readonly Lock gate = new();

    public void Add(string kind, string name)
    {
        lock (gate)
        {
            var index = kinds.FindIndex(each => each.Kind == kind);
            if (index < 0 && kinds.Count >= MaximumKinds)
            {
                kind = Others;
                index = kinds.FindIndex(each => each.Kind == kind);
            }
            if (index < 0)
            {
                index = kinds.Count;
                kinds.Add((kind, []));
                counts.Add(0);
            }
            counts[index]++;
            if (kinds[index].Names.Count < ArchiveWarning.MaximumNames)
                kinds[index].Names.Add(name);
        }
    }

    public IReadOnlyList<ArchiveWarning> ToList()
    {
        lock (gate)
            return [.. kinds.Select((each, index) => new ArchiveWarning(each.Kind, counts[index], [.. each.Names]))];
    }
}
