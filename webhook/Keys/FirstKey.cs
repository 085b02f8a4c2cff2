using BackupRunner.Keys;
using BackupRunner.Names;

namespace BackupRunner.Webhook.Keys;

/// <summary>
/// Whether anything names a key of a Secret that does not exist: what Leases and statuses say, what this process has seen, and what is stored for the workloads that use
/// it, found by audits that were asked for after the Secret was seen missing.
/// </summary>
sealed class FirstKey(KeyAudits audits)
{
    /// <summary>Between two audits of which the first told nothing. It doubles: each leaves a Job with up to three pods, and a wrong credential stays wrong until somebody mends it.</summary>
    public static readonly TimeSpan BetweenAudits = TimeSpan.FromMinutes(10);

    public static readonly TimeSpan MostBetweenAudits = TimeSpan.FromDays(1);

    /// <summary>More paths than this are listed by namespace.</summary>
    public const int MostPaths = 64;

    /// <returns>Null: it cannot be told yet.</returns>
    /// <param name="named">By Leases and statuses; null: they are not known yet.</param>
    public IReadOnlySet<KeyId>? Named(IReadOnlyList<SecretDemand> demands, IReadOnlySet<KeyId>? named, RingMemory memory, TimeSpan absentSince)
    {
        if (named is null)
            return null;
        var ids = named.Concat(memory.Ever).ToHashSet();
        var scopes = Scopes(demands).Select(scope => scope.Scope).ToList();
        if (ids.Count > 0)
            return ids;
        foreach (var scope in scopes)
        {
            if (audits.LastTold(scope) is not { } told || told.AskedAt < absentSince)
                return null;
            ids.UnionWith(told.KeyIds!);
        }
        return ids;
    }

    /// <summary>Those that must be asked for now, with who can.</summary>
    public IEnumerable<(AuditScope Scope, SecretDemand By)> Wanted(IReadOnlyList<SecretDemand> demands, TimeSpan absentSince, TimeSpan steady) =>
        Scopes(demands).Where(wanted => wanted.By.Ring!.CanBeAudited && !audits.IsRunning(wanted.Scope)
            && !(audits.LastTold(wanted.Scope)?.AskedAt >= absentSince)
            && !(audits.LastAsked(wanted.Scope) is { } asked && asked >= absentSince && steady - asked < Rest(audits.Untold(wanted.Scope))));

    /// <summary>For each location the stored paths of the workloads that use the Secret.</summary>
    public static IEnumerable<(AuditScope Scope, SecretDemand By)> Scopes(IReadOnlyList<SecretDemand> demands) =>
        from demand in demands
        group demand by demand.Ring!.Use.Location into location
        let paths = Paths([.. location])
        select (new AuditScope(location.Key, string.Join('\n', paths)), AuditedBy(location));

    /// <summary>Who runs audits of a location: who is at home where the Secret is, before others that store to the same place.</summary>
    public static SecretDemand AuditedBy(IEnumerable<SecretDemand> demands) =>
        demands.OrderBy(demand => demand.IsCopy).ThenBy(demand => demand.Workload.Id.ToString(), StringComparer.Ordinal).First();

    static TimeSpan Rest(int untold) => TimeSpan.FromTicks(Math.Min(BetweenAudits.Ticks << Math.Clamp(untold - 1, 0, 16), MostBetweenAudits.Ticks));

    static List<string> Paths(List<SecretDemand> demands)
    {
        List<string> By(Func<string[], string> path) =>
            [.. demands.Select(demand => path(new SeriesId(demand.Ring!.Cluster, demand.Workload.Id.Namespace, demand.Workload.Id.Kind, demand.Workload.Id.Name, "").Path.Split('/'))).Distinct().Order(StringComparer.Ordinal)];
        var each = By(parts => string.Join('/', parts[..3]));
        if (each.Count <= MostPaths)
            return each;
        var spaces = By(parts => string.Join('/', parts[..2]));
        return spaces.Count <= MostPaths ? spaces : By(parts => parts[0]);
    }
}
