using System.Text.Json.Nodes;
using BackupRunner.Kube;
using BackupRunner.Names;
using BackupRunner.Policy;
using BackupRunner.Tests.Cluster;
using BackupRunner.Webhook.Plans;
using BackupRunner.Webhook.Recovery;
using BackupRunner.Webhook.Status;
using BackupRunner.Webhook.Workloads;
using Microsoft.Extensions.Logging.Abstractions;

namespace BackupRunner.Tests.Webhook;

/// <summary>A replica of the webhook that looks after the Leases of a <see cref="ClusterScene"/>, by a clock that is wound by hand.</summary>
sealed class Tended(ClusterScene scene, string policy, string replica = "backup-webhook-a")
{
    public WoundClock Clock { get; } = new();

    LeaseTending Tending => field ??= new(scene.Admin, new EventRecorder(scene.Admin, replica, NullLogger.Instance, Clock), replica, Clock);

    /// <summary>Null: there is none.</summary>
    public string? Policy { get; set; } = policy;

    public long Generation { get; set; } = 1;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async Task<RecoveryOutcome> Look(string lease = ClusterScene.ClaimLease)
    {
        var workload = WorkloadReader.Read("statefulset", (await scene.Admin.Get(KubeResources.Any("apps", "v1", "statefulsets"), ClusterScene.Space, "redis", Cancel))!);
        var today = Policy is null ? null : new PolicyObject(ClusterScene.Space, "nightly", "policy-uid", Generation, "{}", PolicyDocument.Parse(Policy).Policy, []);
        var claims = ClaimSelection.Of(workload, [new VolumeClaim(ClusterScene.Space, "data-redis-0", ["ReadWriteOnce"], null, false)]).Claims;
        var plan = today is null ? null : new ProtectionPlan(workload, today, claims, new MountedSecrets(null, null), new Installation("backup-runner:0.1.0", "test"));
        return await Tending.Tend(await scene.Lease(lease), workload, today, plan, Cancel);
    }

    /// <summary>Looks as often as it asks for, until it has nothing to wait for or <paramref name="most"/> of its clock has passed.</summary>
    public async Task<RecoveryOutcome> LookFor(TimeSpan most, string lease = ClusterScene.ClaimLease)
    {
        var start = Clock.GetTimestamp();
        while (true)
        {
            var outcome = await Look(lease);
            if (outcome.Again is not { } again || Clock.GetElapsedTime(start) + again > most)
                return outcome;
            Clock.Advance(again);
        }
    }

    public async Task<IReadOnlyList<KubeEvent>> Events(string? reason = null)
    {
        var events = new List<KubeEvent>();
        await foreach (var one in scene.Admin.List(KubeResources.Events, ClusterScene.Space, new ListOptions(), Cancel))
            if (reason is null || one.Reason == reason)
                events.Add(one);
        return events;
    }

    /// <summary>The mark of the pod that is there now, or of what a test makes of it.</summary>
    public static string Mark(Pod pod, string container = "redis") =>
        new FrozenPod("20261122t020000z-abcdef", new DateTimeOffset(2026, 11, 22, 2, 0, 0, TimeSpan.Zero), pod.Metadata.Name, pod.Metadata.Uid!, container).ToJson();

    public static async Task<IReadOnlyList<KubeObject>> Jobs(ClusterScene scene)
    {
        var jobs = new List<KubeObject>();
        await foreach (var job in scene.Admin.List(KubeResources.Any("batch", "v1", "jobs"), ClusterScene.Space, new ListOptions(), Cancel))
            jobs.Add(job);
        return jobs;
    }

    public static Task End(ClusterScene scene, KubeObject job, string condition)
    {
        var now = TimeProvider.System.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", null);
        JsonObject Condition(string type) => new() { ["type"] = type, ["status"] = "True", ["reason"] = "Ended", ["message"] = "", ["lastProbeTime"] = now, ["lastTransitionTime"] = now };
        var before = condition == "Failed" ? "FailureTarget" : "SuccessCriteriaMet";
        var status = new JsonObject { ["startTime"] = now, ["conditions"] = new JsonArray(Condition(before), Condition(condition)) };
        if (condition == "Complete")
            status["completionTime"] = now;
        return scene.Admin.MergePatch(KubeResources.Any("batch", "v1", "jobs").OfStatus(), ClusterScene.Space, job.Metadata.Name, new JsonObject { ["status"] = status }, Cancel);
    }
}
