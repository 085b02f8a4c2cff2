using BackupRunner.Keys;
using BackupRunner.Kube;
using BackupRunner.Names;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Keys;

/// <summary>What became of a copy.</summary>
/// <param name="Present">As the server has it now, which the caller disposes; null: there is none, or it is somebody else's.</param>
/// <param name="IsWritten">By us, from <paramref name="Before"/> on.</param>
/// <param name="Before">The version that our write was conditional on; null: there was none.</param>
/// <param name="Problem">A sentence without a full stop.</param>
/// <param name="Foreign">The keys of a Secret of that name that is not ours; null: it is, or there is none.</param>
/// <param name="IsUnwanted">There is none, and none was made.</param>
public sealed record KeptCopy(Secret? Present, bool IsWritten = false, Secret? Before = null, string? Problem = null, IReadOnlySet<KeyId>? Foreign = null, bool IsUnwanted = false);

/// <summary>
/// The copies of Secrets beside workloads, by <c>create</c>, <c>patch</c> and <c>delete</c> alone: an empty patch changes nothing and is answered with the object.
/// Each write is conditional on the version that it was decided on.
/// </summary>
public sealed class SecretCopies(KubeClient kube)
{
    /// <returns>Null: there is none. The caller disposes it.</returns>
    public async Task<Secret?> Look(string space, string name, CancellationToken cancel)
    {
        try
        {
            return await kube.MergePatch(KubeResources.Secrets, space, name, [], cancel);
        }
        catch (KubeException e) when (e.IsNotFound)
        {
            return null;
        }
    }

    /// <summary>Brings the copy into step with its source.</summary>
    /// <param name="dropped">A key that goes from the copy, unless the source has it.</param>
    /// <param name="mayMake">Asked just before one is made that was not there.</param>
    public async Task<KeptCopy> Keep(SecretDemand demand, Secret source, KeyId? dropped, Func<bool> mayMake, CancellationToken cancel)
    {
        var copy = await Look(demand.Workload.Id.Namespace, demand.Mounted, cancel);
        if (copy is null)
            return mayMake() ? await Make(demand, source, dropped, cancel) : new(null, IsUnwanted: true);
        if (!CopyShape.IsOurs(copy, demand.Workload.Id))
        {
            using (copy)
                return Foreign(demand, CopyRings.IdsIn(copy.Data));
        }
        var content = CopyContent.Of(source.Data, copy.Data, CopyRings.Of(copy), demand.Credentials, demand.Ring?.KeyField, dropped);
        var patch = CopyShape.Patch(copy, demand, content);
        var problem = content.Left.Count == 0 ? null
            : $"Secret \"{demand.Workload.Id.Namespace}/{demand.Mounted}\" keeps key {Listed(content.Left)} of field {string.Join(", ", content.Rings.Where(ring => ring != demand.Ring?.KeyField).Select(ring => $"\"{ring}\""))}, "
                + $"which the policy does not name any more, because \"{demand.Source}\" does not hold it: put it there if backups need it, or delete the field here";
        if (patch is null)
            return new(copy, Problem: problem);
        try
        {
            return new(await kube.MergePatch(KubeResources.Secrets, demand.Workload.Id.Namespace, demand.Mounted, patch, cancel), IsWritten: true, Before: copy, Problem: problem);
        }
        catch
        {
            copy.Dispose();
            throw;
        }
    }

    /// <summary>While its source is gone: nobody else has its keys.</summary>
    public async Task<KeptCopy> Guard(SecretDemand demand, CancellationToken cancel)
    {
        var copy = await Look(demand.Workload.Id.Namespace, demand.Mounted, cancel);
        if (copy is null || !CopyShape.IsOurs(copy, demand.Workload.Id) || !CopyRings.Of(copy).Keys(copy.Data).Any() || CopyShape.Disown(copy) is not { } patch)
            return new(copy);
        try
        {
            return new(await kube.MergePatch(KubeResources.Secrets, demand.Workload.Id.Namespace, demand.Mounted, patch, cancel), IsWritten: true, Before: copy);
        }
        catch
        {
            copy.Dispose();
            throw;
        }
    }

    /// <summary>Deletes a copy that is not to be used any more, unless it alone may hold a key.</summary>
    /// <param name="source">Of the copy, read just now; null: it is not there, or nobody can tell.</param>
    /// <returns>Why it stays, as a sentence without a full stop; null: it is gone, or was never ours.</returns>
    public async Task<string?> Withdraw(WorkloadId workload, string name, Secret? source, CancellationToken cancel)
    {
        using var copy = await Look(workload.Namespace, name, cancel);
        if (copy is null || !CopyShape.IsOurs(copy, workload))
            return null;
        var elsewhere = source is null ? [] : CopyRings.IdsIn(source.Data);
        var only = CopyRings.Of(copy).Keys(copy.Data).Select(key => key.Id).Where(id => !elsewhere.Contains(id)).ToHashSet();
        if (only.Count > 0)
        {
            if (CopyShape.Disown(copy) is { } patch)
                using (await kube.MergePatch(KubeResources.Secrets, workload.Namespace, name, patch, cancel)) { }
            return $"Secret \"{workload.Namespace}/{name}\" is not wanted any more and stays, because no other Secret is known to hold key {Listed(only)}: "
                + "see that the key is where backups need it, then delete the Secret";
        }
        await kube.Delete(KubeResources.Secrets, workload.Namespace, name, new() { Uid = copy.Metadata.Uid, ResourceVersion = copy.Metadata.ResourceVersion }, cancel);
        return null;
    }

    async Task<KeptCopy> Make(SecretDemand demand, Secret source, KeyId? dropped, CancellationToken cancel)
    {
        var none = new Dictionary<string, byte[]>();
        var content = CopyContent.Of(source.Data, none, CopyRings.None, demand.Credentials, demand.Ring?.KeyField, dropped);
        return new(await kube.Create(KubeResources.Secrets, CopyShape.New(demand, content), cancel), IsWritten: true);
    }

    static string Listed(IEnumerable<KeyId> ids) => string.Join(", ", ids.Select(id => id.Text).Order(StringComparer.Ordinal));

    static KeptCopy Foreign(SecretDemand demand, HashSet<KeyId> ids) => new(
        Present: null,
        Problem: $"Secret \"{demand.Workload.Id.Namespace}/{demand.Mounted}\" is not the webhook's: it lacks the label {ClusterNames.ForLabel}={demand.Workload.Id.Label}; delete or rename it, and the copy of \"{demand.Source}\" takes its place",
        Foreign: ids);
}
