using System.Text.Json;
using BackupRunner.Kube;
using BackupRunner.Names;
using BackupRunner.Tests.Hooks;
using BackupRunner.Webhook.Reconcile;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Tests.Webhook;

/// <summary>What the Jobs of backups say, by a clock that is moved by hand.</summary>
public sealed class BackupReconcilerTests
{
    const string Space = "default";
    const string CronJob = "backup-db-data-db-0";
    const string NoPod = "{}";
    const string Pending = """{"active": 1, "ready": 0}""";
    const string Running = """{"active": 1, "ready": 1}""";

    static readonly WorkloadId Db = new(ClusterNames.StatefulSet, Space, "db");
    static readonly WorkKey Key = new(WorkKind.Backups, Space, CronJob);

    readonly ManualTime time = new();
    readonly ClusterCache cache = new();
    readonly ProblemNotes notes = new();
    readonly List<WorkKey> told = [];

    public BackupReconcilerTests()
    {
        cache.Put(new ProtectedWorkload { Id = Db, Uid = "set" });
        cache.Put(OwnObject.Of("cronjobs", Item("""{"kind": "CronJob", "metadata": {"name": "backup-db-data-db-0", "namespace": "default", "uid": "cron", "labels": {"backup.middleware.io/for": "statefulset.db"}}}"""))!);
        cache.Changed += told.Add;
    }

    static KubeObject Item(string json) => JsonSerializer.Deserialize(json, KubeJson.Default.KubeObject)!;

    static string Ended(string type, string at, string reason = "BackoffLimitExceeded") =>
        $$"""{"conditions": [{"type": "FailureTarget", "status": "True"}, {"type": "{{type}}", "status": "True", "reason": "{{reason}}", "lastTransitionTime": "2026-11-22T{{at}}:00Z"}]}""";

    KubeObject Job(string name, string status, string owner = "cron", string claim = "data-db-0", string kind = "CronJob", string spec = "", string cronJob = CronJob) => Item($$"""
        {"kind": "Job", "metadata": {"name": "{{name}}", "namespace": "default", "uid": "{{name}}", "creationTimestamp": "{{time.GetUtcNow():yyyy-MM-dd'T'HH:mm:ss'Z'}}",
          "labels": {"backup.middleware.io/for": "statefulset.db"}, "ownerReferences": [{"apiVersion": "batch/v1", "kind": "{{kind}}", "name": "{{cronJob}}", "uid": "{{owner}}"}] },
         "spec": { {{spec}} "template": {"spec": {"containers": [{"args": ["backup", "--claim={{claim}}"]}] } } }, "status": {{status}} }
        """);

    void Told(KubeObject job)
    {
        if (SeenBackup.Of(job) is { } seen)
            cache.Put(seen, time.GetUtcNow());
    }

    string Problem()
    {
        Look();
        return string.Join("; ", notes.Of(Db));
    }

    TimeSpan? Look() => new BackupReconciler(cache, notes, time).Reconcile(Key);

    [Fact]
    public void One_that_has_not_begun_for_ten_minutes_is_a_problem_until_it_does()
    {
        Told(Job("night", NoPod));
        Assert.Equal(TimeSpan.FromMinutes(10), Look());
        time.Advance(TimeSpan.FromMinutes(10) - TimeSpan.FromSeconds(1));
        Assert.Equal(TimeSpan.FromSeconds(1), Look());
        Assert.Empty(notes.Of(Db));
        time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal("a backup of claim \"data-db-0\" has not begun for 10 minutes: it has no pod; kubectl describe job night", Problem());
        Assert.Contains(ClusterCache.KeyOf(Db), told);

        Told(Job("night", Pending));
        Assert.EndsWith("its pod does not start; kubectl describe pod --selector=job-name=night", Problem(), StringComparison.Ordinal);
        told.Clear();
        time.Advance(TimeSpan.FromHours(5));
        Assert.Null(Look());
        Assert.Empty(told);
        Told(Job("night", Running));
        Assert.Empty(Problem());
    }

    [Fact]
    public void A_pod_that_is_lost_later_has_its_time_again()
    {
        Told(Job("night", Running));
        time.Advance(TimeSpan.FromHours(1));
        Told(Job("night", Pending));
        Assert.Equal(TimeSpan.FromMinutes(10), Look());
        time.Advance(TimeSpan.FromMinutes(10));
        Assert.Contains("its pod does not start", Problem(), StringComparison.Ordinal);
    }

    [Fact]
    public void One_that_is_suspended_waits_for_nobody()
    {
        Told(Job("night", NoPod, spec: "\"suspend\": true,"));
        Assert.Null(Look());
    }

    [Fact]
    public void A_failure_stays_until_one_succeeds_that_ends_later()
    {
        Told(Job("one", Ended("Failed", "02:10")));
        Assert.Equal("the last backup of claim \"data-db-0\" failed: BackoffLimitExceeded; kubectl logs job/one", Problem());
        Told(Job("two", Running));
        Assert.Contains("job/one", Problem(), StringComparison.Ordinal);
        Told(Job("two", Ended("Complete", "03:10")));
        Assert.Empty(Problem());
        // As a listing tells them, in the order of names.
        Told(Job("three", Ended("Failed", "01:10")));
        Assert.Empty(Problem());
        Told(Job("four", Ended("Failed", "04:10", "<script>")));
        Assert.Equal("the last backup of claim \"data-db-0\" failed: Failed; kubectl logs job/four", Problem());
    }

    [Theory]
    [InlineData(NoPod)]
    [InlineData(""" {"conditions": [{"type": "Failed", "status": "True", "reason": "DeadlineExceeded", "lastTransitionTime": "2026-11-22T02:00:00Z"}]} """)]
    public void Deleting_the_Job_ends_it(string status)
    {
        Told(Job("night", status));
        time.Advance(TimeSpan.FromMinutes(10));
        Assert.NotEmpty(Problem());
        cache.RemoveBackup(Space, "night");
        Assert.Empty(Problem());
        Assert.Empty(cache.Backups.All);
    }

    [Fact]
    public void Jobs_of_others_say_nothing()
    {
        var failed = Ended("Failed", "02:10");
        // Of a CronJob that is gone, of another claim, of the set itself (a restore, an audit), and without our label.
        Told(Job("old", failed, owner: "before"));
        Assert.Empty(Problem());
        Told(Job("other", failed, claim: "data-db-1"));
        Assert.Empty(Problem());
        Told(Job("audit", failed, kind: "StatefulSet"));
        var bare = Job("bare", failed);
        Assert.Null(SeenBackup.Of(bare with { Metadata = bare.Metadata with { Labels = null } }));
        Assert.Empty(Problem());
    }

    [Fact]
    public void A_verification_is_told_of_as_one_and_is_no_backup()
    {
        const string verify = "verify-db-data-db-0";
        cache.Put(OwnObject.Of("cronjobs", Item("""{"kind": "CronJob", "metadata": {"name": "verify-db-data-db-0", "namespace": "default", "uid": "verify", "labels": {"backup.middleware.io/for": "statefulset.db"}}}"""))!);
        Told(Job("backup", Ended("Complete", "02:10")));
        Told(Job("look", Ended("Failed", "04:10", "PodFailurePolicy"), owner: "verify", cronJob: verify));
        Assert.Empty(Problem());
        var key = Key with { Name = verify };
        new BackupReconciler(cache, notes, time).Reconcile(key);
        Assert.Equal("the last verification of claim \"data-db-0\" failed: PodFailurePolicy; kubectl logs job/look", Assert.Single(notes.Of(Db)));

        // A backup that succeeds later says nothing of it; a verification does.
        Told(Job("next", Ended("Complete", "05:10")));
        Assert.Contains("job/look", Problem(), StringComparison.Ordinal);
        Told(Job("again", Ended("Complete", "06:10"), owner: "verify", cronJob: verify));
        new BackupReconciler(cache, notes, time).Reconcile(key);
        Assert.Empty(notes.Of(Db));
        // Of another claim than its CronJob is for.
        Told(Job("other", Ended("Failed", "07:10"), owner: "verify", cronJob: verify, claim: "data-db-1"));
        new BackupReconciler(cache, notes, time).Reconcile(key);
        Assert.Empty(notes.Of(Db));
    }

    [Fact]
    public void What_is_kept_of_a_CronJobs_Jobs_has_a_bound()
    {
        for (var job = 0; job < 100; job++)
        {
            Told(Job($"running-{job}", Running));
            Told(Job($"failed-{job}", Ended("Failed", $"02:{job % 60:00}")));
        }
        Assert.Equal(SeenBackups.MostAtOnce + 1, cache.Backups.Of(Space, CronJob).Count);
    }

    [Fact]
    public void What_is_told_again_is_no_change()
    {
        Told(Job("night", Pending));
        told.Clear();
        Told(Job("night", Pending));
        Assert.Empty(told);
        cache.RemoveBackup(Space, "never-seen");
        Assert.Empty(told);
    }

    [Fact]
    public void A_new_leader_looks_at_backups_before_workloads()
    {
        Told(Job("night", Pending));
        Assert.Equal(Key, cache.Everything().First());
    }
}
