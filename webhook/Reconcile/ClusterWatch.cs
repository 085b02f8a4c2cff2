using BackupRunner.Kube;
using BackupRunner.Names;
using BackupRunner.Webhook.Workloads;
using Microsoft.Extensions.Logging;

namespace BackupRunner.Webhook.Reconcile;

/// <summary>Follows every kind that decides anything, into the cache.</summary>
public sealed partial class ClusterWatch(KubeClient kube, ClusterCache cache, IReadOnlyList<string> secretNamespaces, TimeProvider time, ILogger<ClusterWatch> log)
{
    static readonly ListOptions Ours = new() { LabelSelector = ClusterNames.ForLabel };
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(30);

    readonly List<Task> synced = [];

    public static KubeResource<KubeObject> StatefulSets { get; } = KubeResources.Any("apps", "v1", "statefulsets");

    public static KubeResource<KubeObject> Deployments { get; } = KubeResources.Any("apps", "v1", "deployments");

    public static KubeResource<KubeObject> Policies { get; } = KubeResources.Any("backup.middleware.io", "v1", "backuppolicies");

    public static KubeResource<KubeObject> Claims { get; } = KubeResources.Any("", "v1", "persistentvolumeclaims");

    static KubeResource<KubeObject> Secrets { get; } = KubeResources.Any("", "v1", "secrets");

    /// <summary>Ends once everything that there is has been told, but for Secrets, of which nothing is kept. Only after <see cref="Run"/> was called.</summary>
    public Task Synced => Task.WhenAll(synced);

    /// <summary>Runs until it is cancelled. A kind that may not be watched is tried again and again, and said.</summary>
    public Task Run(CancellationToken cancel) => Task.WhenAll(
    [
        Follow(StatefulSets, new(), item => cache.Put(WorkloadReader.Read(ClusterNames.StatefulSet, item)), item => cache.Remove(IdOf(ClusterNames.StatefulSet, item)), cancel),
        Follow(Deployments, new(), item => cache.Put(WorkloadReader.Read(ClusterNames.Deployment, item)), item => cache.Remove(IdOf(ClusterNames.Deployment, item)), cancel),
        Follow(Policies, new(), PutPolicy, item => cache.RemovePolicy(item.Metadata.Namespace ?? "", item.Metadata.Name), cancel),
        Follow(Claims, new(), item => cache.Put(ClaimReader.Read(item)), item => cache.RemoveClaim(item.Metadata.Namespace ?? "", item.Metadata.Name), cancel),
        Follow(KubeResources.Leases, Ours, PutLease, RemoveLease, cancel),
        .. secretNamespaces.Select(space => Follow(Secrets, space, new(), TellSecret, TellSecret, new(), cancel)),
        .. OwnKinds.All.Where(kind => kind.Plural != "leases").Select(kind => Follow(kind, Ours, item => PutOwn(kind.Plural, item), item => cache.RemoveOwn(OwnObject.KeyOf(kind.Plural, item)), cancel)),
    ]);

    static WorkloadId IdOf(string kind, KubeObject item) => new(kind, item.Metadata.Namespace ?? "", item.Metadata.Name);

    /// <summary>Changes of one that is being deleted are not reviewed: it counts as gone.</summary>
    void PutPolicy(KubeObject policy)
    {
        if (policy.Metadata.DeletionTimestamp is null)
            cache.Put(PolicyObjectReader.Read(policy), PolicyKeyIds.Read(policy));
        else
            cache.RemovePolicy(policy.Metadata.Namespace ?? "", policy.Metadata.Name);
    }

    void PutLease(Lease lease)
    {
        PutOwn("leases", lease);
        cache.Put(SeenLease.Of(lease, time.GetTimestamp()));
    }

    void RemoveLease(Lease lease)
    {
        cache.RemoveLease(lease.Metadata.Namespace ?? "", lease.Metadata.Name);
        cache.RemoveOwn(OwnObject.KeyOf("leases", lease));
    }

    void PutOwn(string plural, KubeObject item)
    {
        if (OwnObject.Of(plural, item) is { } own)
            cache.Put(own);
        else
            cache.RemoveOwn(OwnObject.KeyOf(plural, item));
    }

    /// <summary>That it changed; whoever looks at it reads it.</summary>
    void TellSecret(KubeObject item) => cache.Tell(new WorkKey(WorkKind.Secret, item.Metadata.Namespace ?? "", item.Metadata.Name));

    Task Follow<T>(KubeResource<T> of, ListOptions options, Action<T> put, Action<T> remove, CancellationToken cancel) where T : KubeObject
    {
        var first = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        synced.Add(first.Task);
        return Follow(of, null, options, put, remove, first, cancel);
    }

    async Task Follow<T>(KubeResource<T> of, string? @namespace, ListOptions options, Action<T> put, Action<T> remove, TaskCompletionSource first, CancellationToken cancel) where T : KubeObject
    {
        while (true)
        {
            try
            {
                await foreach (var change in kube.Watch(of, @namespace, options, cancel))
                {
                    if (change is { Change: WatchChange.Deleted, Item: { } gone })
                        remove(gone);
                    else if (change.Item is { } item)
                        put(item);
                    else
                        first.TrySetResult();
                }
            }
            catch (KubeException refused)
            {
                CannotWatch(of.ToString(), refused.Message);
            }
            await Task.Delay(Pause, time, cancel);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "cannot watch {Resource}: {Reason}; trying again")]
    partial void CannotWatch(string resource, string reason);
}
