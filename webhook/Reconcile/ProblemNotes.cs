using System.Collections.Concurrent;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Reconcile;

/// <summary>What the last look at each thing that workloads depend on found wrong, for their statuses.</summary>
public sealed class ProblemNotes
{
    readonly ConcurrentDictionary<WorkloadId, ConcurrentDictionary<WorkKey, string>> problems = new();

    /// <summary>In a stable order.</summary>
    public IReadOnlyList<string> Of(WorkloadId workload) =>
        problems.TryGetValue(workload, out var found) ? [.. found.OrderBy(problem => problem.Key.ToString(), StringComparer.Ordinal).Select(problem => problem.Value)] : [];

    /// <summary>Takes the place of what was noted of this thing.</summary>
    /// <param name="found">None: all is well with it.</param>
    /// <returns>The workloads of which something else is noted now.</returns>
    public IReadOnlyList<WorkloadId> Put(WorkKey thing, IReadOnlyDictionary<WorkloadId, string> found)
    {
        var changed = problems.Where(noted => !found.ContainsKey(noted.Key) && noted.Value.TryRemove(thing, out _)).Select(noted => noted.Key).ToList();
        foreach (var (workload, problem) in found)
        {
            var noted = problems.GetOrAdd(workload, _ => new());
            if (noted.GetValueOrDefault(thing) == problem)
                continue;
            noted[thing] = problem;
            changed.Add(workload);
        }
        return changed;
    }
}
