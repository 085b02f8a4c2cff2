using BackupRunner.Kube;
using BackupRunner.Names;
using BackupRunner.Tests.Hooks;
using BackupRunner.Tests.Kube.Fake;
using BackupRunner.Tests.Support;
using BackupRunner.Webhook.Reconcile;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Tests.Webhook;

/// <summary>What was cut loose from a workload that is gone.</summary>
public sealed class OrphanReconcilerTests : IAsyncLifetime
{
    const string Space = "default";
    const string Label = "statefulset.db";

    static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    readonly Scratch scratch = new();
    readonly ManualTime time = new();
    readonly ClusterCache cache = new();
    FakeKubeApi api = null!;
    KubeClient kube = null!;
    OrphanReconciler orphans = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        api = await FakeKubeApi.Start(Cancel);
        kube = new KubeClient(KubeConfig.FromFile(scratch.File("kubeconfig", WebhookInstallation.KubeconfigText(api, api.AdminToken)), null), TimeProvider.System);
        var applier = new Applier(kube, cache.Own);
        orphans = new OrphanReconciler(kube, cache, applier, new LeaseRemoval(kube, cache, applier, time), time);
        await Make("configmaps", "v1", "ConfigMap");
        await Make("leases", "coordination.k8s.io/v1", "Lease");
        await TellOfLease();
    }

    public async ValueTask DisposeAsync()
    {
        kube.Dispose();
        await api.DisposeAsync();
        scratch.Dispose();
    }

    async Task Make(string plural, string version, string kind)
    {
        var made = await kube.Create(OwnKinds.Of(plural), new KubeObject
        {
            ApiVersion = version,
            Kind = kind,
            Metadata = new KubeMetadata { Name = "backup-db", Namespace = Space, Labels = new() { [ClusterNames.ForLabel] = Label } },
        }, Cancel);
        cache.Put(OwnObject.Of(plural, made)!);
    }

    /// <summary>As the watch does.</summary>
    async Task TellOfLease() => cache.Put(SeenLease.Of((await kube.Get(KubeResources.Leases, Space, "backup-db", Cancel))!, time.GetTimestamp()));

    Task<TimeSpan?> Look() => orphans.Reconcile(Space, Label, Cancel);

    bool IsThere => api.Cluster.Get("configmaps", Space, "backup-db") is not null;

    [Fact]
    public async Task Goes_after_ten_minutes()
    {
        Assert.Equal(Patience, await Look());
        time.Advance(Patience - TimeSpan.FromSeconds(1));
        Assert.Equal(TimeSpan.FromSeconds(1), await Look());
        Assert.True(IsThere);
        time.Advance(TimeSpan.FromSeconds(1));

        Assert.Null(await Look());

        Assert.False(IsThere);
        Assert.Null(api.Cluster.Get("leases", Space, "backup-db"));
        Assert.Empty(cache.Own.For(Space, Label));
    }

    [Fact]
    public async Task Stays_when_the_workload_is_there_after_all_and_only_the_cache_does_not_know()
    {
        await Look();
        time.Advance(Patience);
        await kube.Create(KubeResources.Any("apps", "v1", "statefulsets"), System.Text.Json.JsonSerializer.Deserialize(WatchedNamespace.StatefulSet().ToJsonString(), KubeJson.Default.KubeObject)!, Cancel);

        Assert.Equal(Patience, await Look());

        Assert.True(IsThere);
    }

    [Fact]
    public async Task Stays_while_a_run_holds_a_Lease()
    {
        cache.Put(SeenLease.Of(new Lease { Metadata = new KubeMetadata { Name = "backup-db", Namespace = Space }, Spec = new LeaseSpec { HolderIdentity = "backup-db-x", LeaseDurationSeconds = 3600 } }, time.GetTimestamp()));
        await Look();
        time.Advance(Patience);

        Assert.Equal(Patience, await Look());

        Assert.True(IsThere);
    }

    [Fact]
    public async Task Stays_when_a_run_has_taken_its_Lease_and_only_the_cache_does_not_know()
    {
        await Look();
        time.Advance(Patience);
        var lease = (await kube.Get(KubeResources.Leases, Space, "backup-db", Cancel))!;
        await kube.Replace(KubeResources.Leases, lease with { Spec = new LeaseSpec { HolderIdentity = "backup-db-x", LeaseDurationSeconds = 60 } }, Cancel);

        Assert.Equal(Patience, await Look());

        Assert.True(IsThere);
        Assert.NotNull(api.Cluster.Get("leases", Space, "backup-db"));
    }

    [Fact]
    public async Task Stays_when_a_run_takes_its_Lease_at_the_last_moment()
    {
        await Look();
        time.Advance(Patience);
        using var fault = api.Faults.Add(request => request.Method == "DELETE", new FakeFault.First(async () =>
        {
            var lease = (await kube.Get(KubeResources.Leases, Space, "backup-db", Cancel))!;
            await kube.Replace(KubeResources.Leases, lease with { Spec = new LeaseSpec { HolderIdentity = "backup-db-x", LeaseDurationSeconds = 60 } }, Cancel);
        }), 1);

        Assert.Equal(Patience, await Look());

        Assert.True(IsThere);
        Assert.NotNull(api.Cluster.Get("leases", Space, "backup-db"));
    }

    [Fact]
    public async Task Stays_while_a_Lease_says_that_something_is_frozen()
    {
        cache.Put(SeenLease.Of(new Lease { Metadata = new KubeMetadata { Name = "backup-db", Namespace = Space, Annotations = new() { [LeaseNotes.Frozen] = "{}" } } }, time.GetTimestamp()));
        await Look();
        time.Advance(Patience);

        Assert.Equal(Patience, await Look());

        Assert.True(IsThere);
    }

    [Fact]
    public async Task Begins_anew_when_it_was_taken_up_in_between()
    {
        await Look();
        time.Advance(Patience - TimeSpan.FromSeconds(1));
        cache.Put(new ProtectedWorkload { Id = new WorkloadId(ClusterNames.StatefulSet, Space, "db"), Uid = "u" });
        Assert.Null(await Look());
        cache.Remove(new WorkloadId(ClusterNames.StatefulSet, Space, "db"));
        time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(Patience, await Look());

        Assert.True(IsThere);
    }
}
