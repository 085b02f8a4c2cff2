using System.Text.Json;
using BackupRunner.Keys;
using BackupRunner.Kube;
using BackupRunner.Webhook.Plans;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Keys;

/// <summary>
/// The audits that this process asked for: one Job at a time of each scope. Remembered are the last that was asked for and the last that told something; what another
/// process asked for does not count.
/// </summary>
public sealed class KeyAudits(KubeClient kube, Installation installation)
{
    const int MostPods = 8;

    readonly Dictionary<AuditScope, Asked> last = [];
    readonly Dictionary<AuditScope, KeyAudit> told = [];

    static KubeResource<KubeObject> Jobs { get; } = KubeResources.Any("batch", "v1", "jobs");

    /// <summary>
    /// Of everything in each location, by all who were to be asked: what any of them found, since the first of them was asked. One that is missing is no proof, but
    /// when all were last asked for is told.
    /// </summary>
    public IReadOnlyList<KeyAudit> Of(IEnumerable<AuditScope> scopes)
    {
        var audits = new List<KeyAudit>();
        foreach (var location in scopes.GroupBy(scope => scope.Location))
        {
            var (asked, found) = (location.Select(LastOf).ToList(), location.Select(LastTold).ToList());
            if (!asked.Contains(null))
                audits.Add(new(location.Key, asked.Min(one => one!.At), null));
            if (!found.Contains(null))
                audits.Add(new(location.Key, found.Min(one => one!.AskedAt), found.SelectMany(one => one!.KeyIds!).ToHashSet()));
        }
        return audits;
    }

    public bool IsRunning(AuditScope scope) => last.TryGetValue(scope, out var asked) && asked.IsRunning;

    /// <summary>When it was last asked for, by <see cref="Moment.Steady"/>.</summary>
    public TimeSpan? LastAsked(AuditScope scope) => last.TryGetValue(scope, out var asked) ? asked.At : null;

    /// <summary>How many were asked for in a row that told nothing, or have not ended.</summary>
    public int Untold(AuditScope scope) => last.TryGetValue(scope, out var asked) ? asked.Untold : 0;

    /// <summary>The last that told something.</summary>
    public KeyAudit? LastTold(AuditScope scope) => told.GetValueOrDefault(scope);

    /// <summary>Starts the Job, unless one of this scope runs.</summary>
    /// <param name="workload">In whose namespace, with whose policy.</param>
    public async Task Ask(AuditScope scope, ProtectedWorkload workload, string? credentials, TimeSpan steady, CancellationToken cancel)
    {
        if (IsRunning(scope))
            return;
        var wanted = AuditJob.For(workload, credentials, scope.Paths, installation);
        var asked = new Asked(wanted.Namespace, wanted.Name, "", steady, IsRunning: true, Untold(scope) + 1);
        try
        {
            var job = await kube.Create(Jobs, wanted.Body.Deserialize(KubeJson.Default.KubeObject)!, cancel);
            last[scope] = asked with { Uid = job.Metadata.Uid ?? "" };
        }
        catch (KubeException refused) when (!refused.IsTransient)
        {
            // Otherwise all others would be asked again each time that this one is tried.
            last[scope] = asked with { IsRunning = false };
            throw;
        }
    }

    /// <summary>Looks whether one of these has ended.</summary>
    public async Task Look(IEnumerable<AuditScope> scopes, CancellationToken cancel)
    {
        foreach (var scope in scopes.Where(IsRunning).ToList())
        {
            var asked = last[scope];
            var job = await kube.Get(Jobs, asked.Namespace, asked.Name, cancel);
            var succeeded = job is null || job.Metadata.Uid != asked.Uid ? false : AuditResult.Succeeded(job);
            if (succeeded is null)
                continue;
            var ids = succeeded.Value ? await KeyIds(asked, cancel) : null;
            if (ids is not null)
                told[scope] = new(scope.Location, asked.At, ids);
            last[scope] = asked with { IsRunning = false, Untold = ids is null ? asked.Untold : 0 };
        }
    }

    /// <summary>Forgets all of these.</summary>
    public void Forget(Func<AuditScope, bool> which)
    {
        foreach (var scope in last.Keys.Concat(told.Keys).Where(which).Distinct().ToList())
        {
            last.Remove(scope);
            told.Remove(scope);
        }
    }

    async Task<IReadOnlySet<KeyId>?> KeyIds(Asked asked, CancellationToken cancel)
    {
        var options = new ListOptions { LabelSelector = $"batch.kubernetes.io/job-name={asked.Name}", PageSize = MostPods };
        await foreach (var pod in kube.List(KubeResources.Pods, asked.Namespace, options, cancel))
        {
            if (AuditResult.KeyIds(pod, asked.Uid) is { } ids)
                return ids;
        }
        return null;
    }

    Asked? LastOf(AuditScope scope) => last.GetValueOrDefault(scope);

    sealed record Asked(string Namespace, string Name, string Uid, TimeSpan At, bool IsRunning, int Untold);
}
