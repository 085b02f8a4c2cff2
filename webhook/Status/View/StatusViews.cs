using BackupRunner.Names;
using BackupRunner.Webhook.Plans;
using BackupRunner.Webhook.Reconcile;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Status.View;

/// <summary>Makes the view of what the watches have told; it asks nobody.</summary>
/// <param name="leads">This replica runs the loop.</param>
/// <param name="expiry">Of the serving certificate.</param>
public sealed class StatusViews(ClusterCache cache, Installation installation, Func<bool> leads, Func<DateTimeOffset?> expiry, TimeProvider time)
{
    /// <summary>Every open page asks every two seconds.</summary>
    static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);

    readonly Lock gate = new();
    StatusView? last;
    long made;

    /// <summary>As it is now, or was a second ago.</summary>
    public StatusView Now()
    {
        lock (gate)
        {
            if (last is null || time.GetElapsedTime(made) >= Fresh)
                (last, made) = (Make(), time.GetTimestamp());
            return last;
        }
    }

    StatusView Make()
    {
        var at = time.GetUtcNow();
        return new(
            at,
            [.. cache.Protected().OrderBy(one => one.Id.Namespace, StringComparer.Ordinal).ThenBy(one => one.Id.Kind, StringComparer.Ordinal).ThenBy(one => one.Id.Name, StringComparer.Ordinal).Select(one => Of(one, at))],
            [.. cache.Workloads.Where(IsUnprotected).OrderBy(one => one.Id.Namespace, StringComparer.Ordinal).ThenBy(one => one.Id.Name, StringComparer.Ordinal).Select(one => new UnprotectedView(one.Id.Namespace, one.Id.Name))],
            leads(), expiry());
    }

    /// <summary>A StatefulSet with a volume that nobody backs up.</summary>
    bool IsUnprotected(ProtectedWorkload workload) =>
        workload is { PolicyName: null, IsBeingDeleted: false, Id.Kind: ClusterNames.StatefulSet } && workload.ClaimTemplates.Count + workload.Pod.ClaimVolumes.Count > 0
        && !installation.Unreviewed.Contains(workload.Id.Namespace);

    WorkloadView Of(ProtectedWorkload workload, DateTimeOffset at)
    {
        var plan = Assessor.Of(workload, cache, installation).Plan;
        var status = workload.Annotations.GetValueOrDefault(ClusterNames.StatusAnnotation);
        var isGood = plan is not null && (status == WorkloadStatus.Protected(plan, [], isRestored: false).Text || status == WorkloadStatus.Protected(plan, [], isRestored: true).Text);
        return new(
            workload.Id.Namespace, workload.Id.ApiKind, workload.Id.Name, workload.PolicyName!, status, isGood, plan is null ? null : ScheduleOf(plan, at),
            [.. (plan?.Claims ?? []).OrderBy(claim => claim.Name, StringComparer.Ordinal).Select(claim => new ClaimViews(cache, plan!, claim.Name, time).Now())]);
    }

    static ScheduleView ScheduleOf(ProtectionPlan plan, DateTimeOffset at)
    {
        var schedule = plan.Terms.Schedule;
        var isOn = plan.Terms.Enabled && schedule.Enabled;
        var zone = schedule.TimeZone ?? TimeZoneInfo.Utc;
        var next = isOn ? schedule.Cron.Next(at, zone) : null;
        var after = next is { } first ? schedule.Cron.Next(first, zone) : null;
        return new(schedule.Cron.Text, schedule.TimeZone?.Id, isOn, next, after - next);
    }
}
