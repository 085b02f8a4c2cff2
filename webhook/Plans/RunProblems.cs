using System.Text.Json;
using BackupRunner.Policy;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Plans;

/// <summary>What is wrong with the runs of a workload, although their objects can be made.</summary>
public static class RunProblems
{
    /// <returns>Sentences without a full stop.</returns>
    public static IReadOnlyList<string> Of(ProtectedWorkload workload, IEnumerable<ProtectedClaim> claims)
    {
        var names = claims.Select(claim => claim.Container).ToHashSet();
        var unknown = workload.Pod.Containers.Where(container => names.Contains(container.Name) && IsUnknownUser(workload.Pod.SecurityContext, container.SecurityContext)).ToList();
        return unknown.Count == 0 ? [] : [
            $"container \"{unknown[0].Name}\" is runAsNonRoot and does not say its runAsUser, which the runs need to read what it writes: they are root, which a namespace that enforces \"restricted\" refuses; set runAsUser"];
    }

    /// <summary>What a workload of several replicas goes through, although each run does what it shall: no problem, but a surprise.</summary>
    /// <returns>Sentences without a full stop.</returns>
    public static IReadOnlyList<string> Freezes(IEnumerable<ProtectedClaim> claims, BackupPolicy policy)
    {
        if (policy is not { Schedule.Enabled: true, Settings.Consistency: { Enabled: true, Freeze: not null } })
            return [];
        var pods = claims.Where(claim => claim.Runs).Select(claim => claim.Pod).OfType<string>().Distinct().Count();
        return pods < 2 ? [] : [
            $"backup.settings.consistency.freeze freezes {pods} pods in the same minute, which stops a cluster that needs a majority; have it freeze one of them (docs/OPERATIONS.md, \"Several replicas\")"];
    }

    static bool IsUnknownUser(JsonElement pod, JsonElement container)
    {
        var nonRoot = container.Field("runAsNonRoot") is { ValueKind: not JsonValueKind.Undefined } own ? own : pod.Field("runAsNonRoot");
        return nonRoot.ValueKind == JsonValueKind.True && container.Whole("runAsUser") is null && pod.Whole("runAsUser") is null;
    }
}
