using System.Text.Json;
using BackupRunner.Kube;
using BackupRunner.Reports;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Restores;

/// <summary>From the JSON of a Restore to what it asks for and how it goes. Never throws: what is missing or of another type counts as absent.</summary>
public static class RestoreReader
{
    public static RestoreObject Read(KubeObject item)
    {
        var metadata = item.Metadata;
        var space = metadata.Namespace ?? "";
        var status = item.Part("status");
        return new(
            space, metadata.Name, metadata.Uid ?? "", metadata.ResourceVersion, metadata.Generation ?? 0, metadata.CreationTimestamp ?? default, metadata.DeletionTimestamp is not null,
            Spec(item.Part("spec"), space), Status(status))
        {
            Finalizers = metadata.Finalizers ?? [],
            Conditions = [.. status.Items("conditions").Select(one => new RestoreCondition(one.Text("type") ?? "", one.Text("status") ?? "", one.Text("lastTransitionTime") ?? ""))],
        };
    }

    /// <param name="spec">As the schema has it.</param>
    public static RestoreSpec Spec(JsonElement spec, string space)
    {
        var target = spec.Field("target");
        return new()
        {
            Backup = spec.Name("backup"),
            Workload = Workload(spec, space),
            Id = spec.Text("id"),
            Before = spec.Text("before"),
            Latest = spec.Field("latest").ValueKind == JsonValueKind.True,
            Claim = spec.Name("claim"),
            FromCluster = spec.Name("fromCluster"),
            TargetWorkload = Workload(target, space),
            TargetClaim = target.Name("claim"),
            AllowOther = target.Field("allowOther").ValueKind == JsonValueKind.True,
        };
    }

    static WorkloadId? Workload(JsonElement of, string space) => of.Field("workload") is var workload && workload.Name("name") is { } name
        ? WorkloadId.Of(workload.Text("kind"), space, name)
        : null;

    static RestoreStatus Status(JsonElement status)
    {
        var ready = status.Items("conditions").FirstOrDefault(one => one.Text("type") == "Ready");
        return new()
        {
            Phase = Enum.TryParse<RestorePhase>(status.Text("phase"), out var phase) && Enum.IsDefined(phase) ? phase : RestorePhase.Pending,
            Step = status.Text("step"),
            ObservedGeneration = status.Whole("observedGeneration") ?? 0,
            Workload = status.Text("workload"),
            Claim = status.Name("claim"),
            Backup = status.Text("backup"),
            Job = status.Name("job"),
            Started = status.Time("startTime"),
            Completed = status.Time("completionTime"),
            Percent = (int?)status.Whole("progressPercent"),
            Data = Enum.TryParse<DataState>(status.Text("dataState"), out var data) ? data : null,
            DataMessage = status.Text("dataMessage"),
            ExitCode = (int?)status.Whole("exitCode"),
            Reason = ready.Text("reason"),
            Message = status.Text("message"),
        };
    }
}
