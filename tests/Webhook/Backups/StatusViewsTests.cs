using System.Text.Json;
using BackupRunner.Kube;
using BackupRunner.Names;
using BackupRunner.Tests.Hooks;
using BackupRunner.Webhook.Backups;
using BackupRunner.Webhook.Plans;
using BackupRunner.Webhook.Reconcile;
using BackupRunner.Webhook.Status.View;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Tests.Webhook;

/// <summary>What the page and the metrics are made of.</summary>
public sealed class StatusViewsTests
{
    const string CronJob = "backup-db-data-db-0";
    const string Old = "20260101t000000z-aaaaaa";
    const string New = "20260102t000000z-bbbbbb";

    readonly ManualTime time = new();
    readonly ClusterCache cache = new();

    public StatusViewsTests()
    {
        cache.Put(PolicyObjectReader.Read(Item(WatchedNamespace.Policy().ToJsonString())), PolicyKeyIds.None);
        cache.Put(Set("db", "nightly"));
    }

    static KubeObject Item(string json) => JsonSerializer.Deserialize(json, KubeJson.Default.KubeObject)!;

    static ProtectedWorkload Set(string name, string? policy, string? status = null, string space = "default")
    {
        var item = WatchedNamespace.StatefulSet(name, space, policy: policy);
        item["metadata"]!["uid"] = name;
        if (status is not null)
            item["metadata"]!["annotations"]![ClusterNames.StatusAnnotation] = status;
        return WorkloadReader.Read(ClusterNames.StatefulSet, Item(item.ToJsonString()));
    }

    StatusView View() => new StatusViews(cache, new Installation("r", "c") { Unreviewed = ["kube-system"] }, () => true, () => null, time).Now();

    ClaimView Claim() => Assert.Single(Assert.Single(View().Workloads).Claims);

    void Put(ClaimBackup backup) => cache.Put(new BackupObject(
        "default", backup.Id ?? "failed", backup.Id ?? "failed", 1, "1", time.GetUtcNow(), false, new WorkloadId(ClusterNames.StatefulSet, "default", "db"), "data-db-0", new RecordOf(backup.Id, null),
        new BackupStatus(backup.Phase, [backup], null, [])));

    static ClaimBackup Stored(string id, long bytes) => new()
    {
        Claim = "data-db-0",
        Id = id,
        Phase = BackupPhase.Succeeded,
        Started = BackupId.Parse(id)!.Time,
        Completed = BackupId.Parse(id)!.Time.AddMinutes(2),
        Bytes = bytes,
        StoredBytes = bytes / 2,
        KeyId = "k",
    };

    void Hold(string name, params (string, string)[] notes) => cache.Put(SeenLease.Of(new Lease
    {
        Metadata = new KubeMetadata { Name = name, Namespace = "default", Labels = new() { [ClusterNames.ForLabel] = "statefulset.db" }, Annotations = notes.ToDictionary(note => note.Item1, note => note.Item2) },
        Spec = new LeaseSpec { HolderIdentity = "pod_1", LeaseDurationSeconds = 60 },
    }, time.GetTimestamp()));

    [Fact]
    public void A_workload_is_good_when_its_status_says_nothing_but_that_it_is_protected()
    {
        Assert.False(Assert.Single(View().Workloads).IsGood);
        cache.Put(Set("db", "nightly", "1 claim protected by policy \"nightly\""));
        Assert.True(Assert.Single(View().Workloads).IsGood);
        cache.Put(Set("db", "nightly", "1 claim protected by policy \"nightly\"; but the last backup failed"));
        Assert.False(Assert.Single(View().Workloads).IsGood);
    }

    [Fact]
    public void Without_its_policy_it_is_shown_and_not_good()
    {
        cache.Put(Set("db", "missing", "1 claim protected by policy \"missing\""));
        var workload = Assert.Single(View().Workloads);
        Assert.False(workload.IsGood);
        Assert.Null(workload.Schedule);
        Assert.Empty(workload.Claims);
    }

    [Fact]
    public void The_next_run_and_the_interval_are_the_schedules()
    {
        var schedule = Assert.Single(View().Workloads).Schedule!;
        Assert.Equal(("0 2 * * *", true, TimeSpan.FromDays(1)), (schedule.Cron, schedule.IsOn, schedule.Interval));
        Assert.Equal(2, schedule.Next!.Value.UtcDateTime.Hour);
        Assert.True(schedule.Next > time.GetUtcNow());
    }

    [Fact]
    public void Stateful_sets_with_volumes_that_nobody_protects_are_named()
    {
        cache.Put(Set("bare", null));
        cache.Put(Set("system", null, space: "kube-system"));
        var empty = WatchedNamespace.StatefulSet("web", policy: null);
        empty["spec"]!.AsObject().Remove("volumeClaimTemplates");
        cache.Put(WorkloadReader.Read(ClusterNames.StatefulSet, Item(empty.ToJsonString())));
        Assert.Equal([new UnprotectedView("default", "bare")], View().Unprotected);
    }

    [Fact]
    public void Backups_are_told_oldest_first_and_the_last_is_the_last_success()
    {
        Assert.Equal((null, null), (Claim().LastSuccess, Claim().Retained));
        Put(Stored(New, 2000));
        Put(Stored(Old, 1000));
        Put(Stored("20260103t000000z-cccccc", 3000) with { IsGone = true });
        Assert.Equal([Old, New], Claim().Backups.Select(one => one.Id));
        Assert.Equal((New, 2000L, 1000L, TimeSpan.FromMinutes(2), "k"), (Claim().LastSuccess!.Id, Claim().LastSuccess!.Bytes, Claim().LastSuccess!.StoredBytes, Claim().LastSuccess!.Duration, Claim().LastSuccess!.KeyId));
        Assert.Equal(2, Claim().Retained);
    }

    [Fact]
    public void A_failure_counts_until_a_backup_succeeds_that_ends_later()
    {
        Put(Stored(Old, 1000));
        Put(new ClaimBackup { Claim = "data-db-0", Phase = BackupPhase.Failed, Completed = BackupId.Parse(Old)!.Time.AddHours(1), Message = "no bucket", ExitCode = 4 });
        Assert.Equal(("no bucket", 4), (Claim().LastFailure!.Message, Claim().LastFailure!.ExitCode));
        Put(Stored(New, 1000));
        Assert.Null(Claim().LastFailure);
    }

    [Fact]
    public void A_verification_that_failed_counts_until_one_succeeds_later()
    {
        var at = BackupId.Parse(New)!.Time;
        Put(Stored(Old, 1000) with { Verified = at, Verification = "full" });
        Put(Stored(New, 1000) with { VerificationFailed = at.AddHours(1), VerificationMessage = "it is damaged" });
        Assert.Equal((at, "full", Old), (Claim().LastVerified!.At, Claim().LastVerified!.Mode, Claim().LastVerified!.Backup));
        Assert.Equal("it is damaged", Claim().VerificationFailure!.Message);
        Put(Stored(New, 1000) with { Verified = at.AddHours(2), Verification = "checksum" });
        Assert.Equal((null, New), (Claim().VerificationFailure, Claim().LastVerified!.Backup));
    }

    [Fact]
    public void What_runs_is_shown_while_its_Lease_is_held()
    {
        cache.Put(OwnObject.Of("leases", new Lease { Metadata = new KubeMetadata { Name = CronJob, Namespace = "default", Labels = new() { [ClusterNames.ForLabel] = "statefulset.db" } } })!);
        Hold(CronJob, (LeaseNotes.Phase, "done"), (LeaseNotes.Percent, "10"));
        Assert.Null(Claim().Running);
        Hold(CronJob, (LeaseNotes.Phase, "backup"), (LeaseNotes.Percent, "42"), (LeaseNotes.Progress, "backing up"));
        Assert.Equal(new RunView("backup", "backup", 42, "backing up"), Claim().Running);
        Hold(CronJob, (LeaseNotes.Phase, "backup"), (LeaseNotes.Percent, "-3"));
        Assert.Null(Claim().Running!.Percent);
        Hold("restore-statefulset-db", (LeaseNotes.Phase, "swap"), (LeaseNotes.Claim, "data-db-0"));
        Assert.Equal(("restore", "swap"), (Claim().Running!.Verb, Claim().Running!.Step));
        time.Advance(TimeSpan.FromMinutes(2));
        Assert.Null(Claim().Running);
    }

    [Fact]
    public void Each_Job_that_fails_counts_once()
    {
        KubeObject Job(string name, string uid, string status) => Item($$"""
            {"metadata": {"name": "{{name}}", "namespace": "default", "uid": "{{uid}}", "creationTimestamp": "2026-01-01T00:00:00Z", "labels": {"backup.middleware.io/for": "statefulset.db"},
              "ownerReferences": [{"apiVersion": "batch/v1", "kind": "CronJob", "name": "{{CronJob}}", "uid": "c"}]},
             "spec": {"template": {"spec": {"containers": [{"args": ["--claim=data-db-0"]}] } } }, "status": {{status}} }
            """);
        const string failed = """{"conditions": [{"type": "Failed", "status": "True", "reason": "R"}]}""";
        void Tell(KubeObject job) => cache.Put(SeenBackup.Of(job)!, time.GetUtcNow());
        Tell(Job("one", "1", "{}"));
        Assert.Equal(0, Claim().Failures);
        Tell(Job("one", "1", failed));
        Tell(Job("one", "1", failed));
        Tell(Job("two", "2", failed));
        Assert.Equal(2, Claim().Failures);
        cache.RemoveBackup("default", "one");
        Tell(Job("one", "3", failed));
        Assert.Equal(3, Claim().Failures);
    }
}
