using System.Text.Json;
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

    static bool IsUnknownUser(JsonElement pod, JsonElement container)
    {
        var nonRoot = container.Field("runAsNonRoot") is { ValueKind: not JsonValueKind.Undefined } own ? own : pod.Field("runAsNonRoot");
        return nonRoot.ValueKind == JsonValueKind.True && container.Whole("runAsUser") is null && pod.Whole("runAsUser") is null;
    }
}
