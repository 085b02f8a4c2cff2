using BackupRunner.Kube;
using BackupRunner.Names;
using BackupRunner.Webhook.Backups;
using BackupRunner.Webhook.Restores;
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

    static KubeResource<KubeObject> Jobs { get; } = KubeResources.Any("batch", "v1", "jobs");

    static KubeResource<KubeObject> Secrets { get; } = KubeResources.Any("", "v1", "secrets");

    /// <summary>Ends once everything that there is has been told, but for Secrets, of which nothing is kept. Only after <see cref="Run"/> was called.</summary>
    public Task Synced => Task.WhenAll(synced);

    /// <summary>Runs until it is cancelled. A kind that may not be watched is tried again and again, and said; a watch that ends by a bug ends all.</summary>
    public async Task Run(CancellationToken cancel)
    {
        List<Task> watches =
        [
            Follow(StatefulSets, item => cache.Put(WorkloadReader.Read(ClusterNames.StatefulSet, item)), (space, name) => cache.Remove(new(ClusterNames.StatefulSet, space, name)), cancel),
            Follow(Deployments, item => cache.Put(WorkloadReader.Read(ClusterNames.Deployment, item)), (space, name) => cache.Remove(new(ClusterNames.Deployment, space, name)), cancel),
            Follow(Policies, PutPolicy, cache.RemovePolicy, cancel),
            Follow(Claims, item => cache.Put(ClaimReader.Read(item)), cache.RemoveClaim, cancel),
            Follow(KubeResources.Leases, PutLease, RemoveLease, cancel, Ours),
            Follow(BackupObject.Resource, PutBackup, cache.RemoveCatalogued, cancel),
            Follow(Jobs, PutJob, RemoveJob, cancel, Ours),
            Follow(RestoreObject.Resource, item => cache.Put(RestoreReader.Read(item)), cache.RemoveRestore, cancel),
            .. secretNamespaces.Select(space => Follow(new WatchedKind<KubeObject>(Secrets, space, new(), TellSecret, TellSecret), new(), cancel)),
            .. OwnKinds.All.Where(kind => kind.Plural != "leases")
                .Select(kind => Follow(kind, item => PutOwn(kind.Plural, item), (space, name) => cache.RemoveOwn(new(kind.Plural, space, name)), cancel, Ours)),
        ];
        while (watches.Count > 0)
        {
            var ended = await Task.WhenAny(watches);
            await ended;
            watches.Remove(ended);
        }
    }

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

    void PutBackup(KubeObject item)
    {
        if (BackupObjectReader.Read(item) is { } backup)
            cache.Put(backup);
        else
            cache.RemoveCatalogued(item.Metadata.Namespace ?? "", item.Metadata.Name);
    }

    /// <summary>A Job that is being deleted is told of no more.</summary>
    void PutJob(KubeObject job)
    {
        if (SeenBackup.Of(job) is { } backup)
            cache.Put(backup, time.GetUtcNow());
        else
            cache.RemoveBackup(job.Metadata.Namespace ?? "", job.Metadata.Name);
        if (SeenRestoreJob.Of(job) is { } restore)
            cache.Put(restore);
        else
            cache.RemoveRestoreJob(job.Metadata.Namespace ?? "", job.Metadata.Name);
    }

    void RemoveJob(string @namespace, string name)
    {
        cache.RemoveBackup(@namespace, name);
        cache.RemoveRestoreJob(@namespace, name);
    }

    void RemoveLease(string @namespace, string name)
    {
        cache.RemoveLease(@namespace, name);
        cache.RemoveOwn(new("leases", @namespace, name));
    }

    void PutOwn(string plural, KubeObject item)
    {
        if (OwnObject.Of(plural, item) is { } own)
            cache.Put(own);
        else
            cache.RemoveOwn(OwnObject.KeyOf(plural, item));
    }

    /// <summary>That it changed; whoever looks at it reads it.</summary>
    void TellSecret(KubeObject item) => TellSecret(item.Metadata.Namespace ?? "", item.Metadata.Name);

    void TellSecret(string @namespace, string name) => cache.Tell(new WorkKey(WorkKind.Secret, @namespace, name));

    Task Follow<T>(KubeResource<T> of, Action<T> put, Action<string, string> remove, CancellationToken cancel, ListOptions? options = null) where T : KubeObject
    {
        var first = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        synced.Add(first.Task);
        return Follow(new WatchedKind<T>(of, null, options ?? new(), put, remove), first, cancel);
    }

    async Task Follow<T>(WatchedKind<T> kind, TaskCompletionSource first, CancellationToken cancel) where T : KubeObject
    {
        while (true)
        {
            try
            {
                kind.Begin();
                await foreach (var change in kube.Watch(kind.Of, kind.Namespace, kind.Options, cancel))
                {
                    try
                    {
                        if (kind.Take(change))
                            first.TrySetResult();
                    }
                    catch (Exception bug) when (change.Item is { } item)
                    {
                        // One that cannot be read must not hide the others.
                        CannotRead(bug, kind.Of.ToString(), item.Metadata.Namespace ?? "", item.Metadata.Name);
                    }
                }
            }
            catch (KubeException refused)
            {
                CannotWatch(kind.Of.ToString(), refused.Message);
            }
            await Task.Delay(Pause, time, cancel);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "cannot watch {Resource}: {Reason}; trying again")]
    partial void CannotWatch(string resource, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Resource} {Namespace}/{Name} is left out: a bug")]
    partial void CannotRead(Exception bug, string resource, string @namespace, string name);
}
