using System.Collections.Concurrent;
using BackupRunner.Names;
using BackupRunner.Webhook.Backups;
using BackupRunner.Webhook.Restores;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Reconcile;

/// <summary>
/// What the watches have told of the cluster, and what each change means: which things have to be looked at again. It holds values, a few kilobytes a
/// workload, and nothing of a Secret but its annotation.
/// </summary>
public sealed class ClusterCache : IClusterView
{
    readonly ConcurrentDictionary<WorkloadId, ProtectedWorkload> workloads = new();
    readonly ConcurrentDictionary<(string Namespace, string Label), WorkloadId> byLabel = new();
    readonly ConcurrentDictionary<(string Namespace, string Name), PolicyObject> policies = new();
    readonly ConcurrentDictionary<(string Namespace, string Name), PolicyKeyIds> policyKeyIds = new();
    readonly ConcurrentDictionary<string, ConcurrentDictionary<string, VolumeClaim>> claims = new();
    readonly ConcurrentDictionary<(string Namespace, string Name), SeenLease> leases = new();

    public OwnObjects Own { get; } = new();

    public SeenBackups Backups { get; } = new();

    /// <summary>The Backups of the API.</summary>
    public Catalog Catalog { get; } = new();

    /// <summary>Their Jobs.</summary>
    public BackupJobs BackupJobs { get; } = new();

    public FailureCounts Failures { get; } = new();

    /// <summary>Also those that are not protected.</summary>
    public IEnumerable<ProtectedWorkload> Workloads => workloads.Values;
    public SeenRestores Restores { get; } = new();

    /// <summary>Called with everything that a change may have made different.</summary>
    public event Action<WorkKey>? Changed;

    public ProtectedWorkload? Workload(WorkloadId id) => workloads.GetValueOrDefault(id);

    public PolicyObject? Policy(string @namespace, string name) => policies.GetValueOrDefault((@namespace, name));

    public PolicyKeyIds KeyIdsOf(string @namespace, string name) => policyKeyIds.GetValueOrDefault((@namespace, name), PolicyKeyIds.None);

    public VolumeClaim? Claim(string @namespace, string name) => claims.GetValueOrDefault(@namespace)?.GetValueOrDefault(name);

    public IEnumerable<VolumeClaim> Claims(string @namespace) => claims.GetValueOrDefault(@namespace)?.Values ?? [];

    public IEnumerable<ProtectedWorkload> Protected() => workloads.Values.Where(workload => workload.PolicyName is not null);

    /// <returns>Null: nothing is known that this label stands for.</returns>
    public WorkloadId? Labelled(string @namespace, string label) => byLabel.TryGetValue((@namespace, label), out var id) ? id : null;

    public SeenLease? Lease(string @namespace, string name) => leases.GetValueOrDefault((@namespace, name));

    public IEnumerable<SeenLease> LeasesFor(WorkloadId id) => Own.For(id.Namespace, id.Label)
        .Where(own => own.Key.Plural == "leases").Select(own => Lease(own.Key.Namespace, own.Key.Name)).OfType<SeenLease>();

    public void Put(ProtectedWorkload now)
    {
        var before = workloads.GetValueOrDefault(now.Id);
        workloads[now.Id] = now;
        byLabel[(now.Id.Namespace, now.Id.Label)] = now.Id;
        if (now.PolicyName is not null || before?.PolicyName is not null || Own.For(now.Id.Namespace, now.Id.Label).Count > 0)
            TellWithLeases(now.Id);
        if (before?.PolicyName != now.PolicyName)
            TellPolicies(now.Id.Namespace, before?.PolicyName, now.PolicyName);
    }

    public void Remove(WorkloadId id)
    {
        byLabel.TryRemove((id.Namespace, id.Label), out _);
        if (!workloads.TryRemove(id, out var before))
            return;
        TellPolicies(id.Namespace, before.PolicyName);
        if (Own.For(id.Namespace, id.Label).Count > 0)
            Tell(new WorkKey(WorkKind.Orphans, id.Namespace, id.Label));
    }

    /// <param name="keyIds">Of its status, by source Secret.</param>
    public void Put(PolicyObject now, PolicyKeyIds keyIds)
    {
        policyKeyIds[(now.Namespace, now.Name)] = keyIds;
        if (policies.TryGetValue((now.Namespace, now.Name), out var before) && before.Uid == now.Uid && before.Generation == now.Generation && before.Body == now.Body)
            return;
        policies[(now.Namespace, now.Name)] = now;
        TellUsers(now.Namespace, now.Name);
    }

    public void RemovePolicy(string @namespace, string name)
    {
        policies.TryRemove((@namespace, name), out _);
        policyKeyIds.TryRemove((@namespace, name), out _);
        TellUsers(@namespace, name);
    }

    public void Put(VolumeClaim now)
    {
        var inNamespace = claims.GetOrAdd(now.Namespace, _ => new());
        var before = inNamespace.GetValueOrDefault(now.Name);
        inNamespace[now.Name] = now;
        if (before is null || before.VolumeMode != now.VolumeMode || before.IsBeingDeleted != now.IsBeingDeleted || !before.AccessModes.SequenceEqual(now.AccessModes))
            TellOwners(now.Namespace, now.Name);
    }

    public void RemoveClaim(string @namespace, string name)
    {
        claims.GetValueOrDefault(@namespace)?.TryRemove(name, out _);
        TellOwners(@namespace, name);
    }

    public void Put(SeenLease now)
    {
        var (space, name) = (now.Lease.Metadata.Namespace ?? "", now.Lease.Metadata.Name);
        var before = leases.GetValueOrDefault((space, name));
        leases[(space, name)] = now;
        Tell(new WorkKey(WorkKind.Lease, space, name));
        if (now.Report is not null && before?.Report?.End != now.Report.End)
            Tell(new WorkKey(WorkKind.Catalog, space, name));
        TellRunning(space, name);
        TellRestores(space, name);
        // What waited for the run to end need not wait longer.
        if (before is { IsTaken: true } or { IsUnsettled: true } && now is { IsTaken: false, IsUnsettled: false } && now.Lease.Metadata.Labels?.GetValueOrDefault(ClusterNames.ForLabel) is { } label)
            Tell(KeyOf((space, label)));
    }

    public void RemoveLease(string @namespace, string name)
    {
        leases.TryRemove((@namespace, name), out _);
        TellRestores(@namespace, name);
    }

    public void Put(RestoreObject now) => TellRestores(now.Namespace, Restores.Put(now));

    public void RemoveRestore(string @namespace, string name) => TellRestores(@namespace, Restores.Remove(@namespace, name));

    public void Put(SeenRestoreJob now) => TellRestores(now.Namespace, Restores.Put(now) is { } restore ? [restore] : []);

    public void RemoveRestoreJob(string @namespace, string name) => TellRestores(@namespace, Restores.RemoveJob(@namespace, name) is { } restore ? [restore] : []);

    /// <summary>One of our objects as it is now.</summary>
    public void Put(OwnObject now)
    {
        if (Own.Put(now) is { } before && before.IsLike(now))
            return;
        TellFor(now);
    }

    public void RemoveOwn(ObjectKey key)
    {
        if (Own.Remove(key) is { } before)
            TellFor(before);
    }

    /// <param name="at">When that was told.</param>
    public void Put(SeenBackup now, DateTimeOffset at)
    {
        Failures.Put(now, now.IsOfBackup && Labelled(now.Namespace, now.Label) is { } id ? ClusterNames.OfClaim(id.Kind, id.Name, now.Claim) : now.Owner.Name);
        if (now.IsOfBackup)
        {
            if (BackupJobs.Put(now, at))
                Tell(new WorkKey(WorkKind.Backup, now.Namespace, now.Owner.Name));
            return;
        }
        foreach (var cronJob in Backups.Put(now, at))
        {
            Tell(new WorkKey(WorkKind.Backups, now.Namespace, cronJob));
            Tell(new WorkKey(WorkKind.Catalog, now.Namespace, CatalogKey(now.Namespace, cronJob, now)));
        }
    }

    public void RemoveBackup(string @namespace, string name)
    {
        Failures.Remove(@namespace, name);
        if (BackupJobs.Remove(@namespace, name) is { } before)
            Tell(new WorkKey(WorkKind.Backup, @namespace, before.Owner.Name));
        if (Backups.Remove(@namespace, name) is { } cronJob)
            Tell(new WorkKey(WorkKind.Backups, @namespace, cronJob));
    }

    public void Put(BackupObject now)
    {
        var before = Catalog.Put(now);
        if (now.Record is null && !now.Status.IsOver)
            Tell(new WorkKey(WorkKind.Backup, now.Namespace, now.Name));
        if (before is null || before.Status.IsOver != now.Status.IsOver)
            TellCatalog(now);
    }

    /// <summary>A Backup is gone.</summary>
    public void RemoveCatalogued(string @namespace, string name)
    {
        // If the store still holds it, it is recorded anew.
        if (Catalog.Remove(@namespace, name) is { } before)
            TellCatalog(before);
    }

    /// <summary>Every thing that there is to look at.</summary>
    public IEnumerable<WorkKey> Everything() =>
    [
        // First, and at no cost: a new leader says at once what the one before has said, and not something else in between.
        .. Backups.All.Select(of => new WorkKey(WorkKind.Backups, of.Namespace, of.CronJob)),
        .. Protected().Select(workload => KeyOf(workload.Id)),
        .. Own.Labels.Select(KeyOf).Distinct(),
        .. leases.Keys.Select(lease => new WorkKey(WorkKind.Lease, lease.Namespace, lease.Name)),
        .. Restores.All.Select(restore => new WorkKey(WorkKind.Restore, restore.Namespace, restore.Name)),
        .. policies.Keys.Select(policy => new WorkKey(WorkKind.Policy, policy.Namespace, policy.Name)),
        .. Catalog.All.Where(backup => backup is { Record: null, Status.IsOver: false }).Select(backup => new WorkKey(WorkKind.Backup, backup.Namespace, backup.Name)),
        .. leases.Where(lease => lease.Value.Report is not null).Select(lease => new WorkKey(WorkKind.Catalog, lease.Key.Namespace, lease.Key.Name)),
    ];

    public static WorkKey KeyOf(WorkloadId id) => new(WorkKind.Workload, id.Namespace, $"{id.Kind}/{id.Name}");

    public void Tell(WorkKey key) => Changed?.Invoke(key);

    void TellRestores(string @namespace, IEnumerable<string> names)
    {
        foreach (var name in names)
            Tell(new WorkKey(WorkKind.Restore, @namespace, name));
    }

    /// <summary>Which restore Lease is whose is for them to find out: there are few.</summary>
    void TellRestores(string @namespace, string lease)
    {
        if (lease.StartsWith("restore-", StringComparison.Ordinal))
            TellRestores(@namespace, Restores.Open(@namespace).Select(one => one.Name));
    }

    void TellFor(OwnObject one) => Tell(KeyOf((one.Key.Namespace, one.Label)));

    WorkKey KeyOf((string Namespace, string Label) of) =>
        Labelled(of.Namespace, of.Label) is { } id ? KeyOf(id) : new WorkKey(WorkKind.Orphans, of.Namespace, of.Label);

    void TellPolicies(string @namespace, params ReadOnlySpan<string?> names)
    {
        foreach (var name in names)
        {
            if (name is not null)
                Tell(new WorkKey(WorkKind.Policy, @namespace, name));
        }
    }

    void TellCatalog(BackupObject backup)
    {
        foreach (var cronJob in backup.CronJobs)
            Tell(new WorkKey(WorkKind.Catalog, backup.Namespace, cronJob));
    }

    /// <summary>The Lease says how far they are.</summary>
    void TellRunning(string @namespace, string cronJob)
    {
        if (Changed is null)
            return;
        foreach (var backup in Catalog.Of(@namespace, cronJob).Where(backup => backup is { Record: null, Status.IsOver: false }))
            Tell(new WorkKey(WorkKind.Backup, @namespace, backup.Name));
    }

    /// <summary>What a verification finds is told where the backups of its claim are.</summary>
    string CatalogKey(string @namespace, string cronJob, SeenBackup job) =>
        Labelled(@namespace, job.Label) is { } id && ClusterNames.OfVerification(id.Kind, id.Name, job.Claim) == cronJob ? ClusterNames.OfClaim(id.Kind, id.Name, job.Claim) : cronJob;

    // While nobody leads, nobody listens: at the start that saves a search for every object there is.
    void TellUsers(string @namespace, string policy)
    {
        if (Changed is null)
            return;
        Tell(new WorkKey(WorkKind.Policy, @namespace, policy));
        foreach (var workload in Protected().Where(workload => workload.Id.Namespace == @namespace && workload.PolicyName == policy))
            TellWithLeases(workload.Id);
    }

    /// <summary>What a dead run left may be settled now that could not before.</summary>
    void TellWithLeases(WorkloadId id)
    {
        Tell(KeyOf(id));
        foreach (var lease in LeasesFor(id).Where(lease => lease.IsUnsettled))
            Tell(new WorkKey(WorkKind.Lease, id.Namespace, lease.Lease.Metadata.Name));
    }

    void TellOwners(string @namespace, string claim)
    {
        if (Changed is null)
            return;
        foreach (var workload in Protected().Where(workload => workload.Id.Namespace == @namespace && MayHave(workload, claim)))
            Tell(KeyOf(workload.Id));
    }

    static bool MayHave(ProtectedWorkload workload, string claim) =>
        workload.Pod.ClaimVolumes.Values.Contains(claim) || workload.Id.Kind == ClusterNames.StatefulSet && claim.Contains($"-{workload.Id.Name}-", StringComparison.Ordinal);
}
