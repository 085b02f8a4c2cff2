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
/// <param name="IsForeign">A Secret of that name is not ours.</param>
public sealed record KeptCopy(Secret? Present, bool IsWritten = false, Secret? Before = null, string? Problem = null, bool IsForeign = false);

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
    public async Task<KeptCopy> Keep(SecretDemand demand, Secret source, KeyId? dropped, CancellationToken cancel)
    {
        var copy = await Look(demand.Workload.Id.Namespace, demand.Mounted, cancel);
        if (copy is null)
            return await Make(demand, source, dropped, cancel);
        if (!CopyShape.IsOurs(copy, demand.Workload.Id))
        {
            copy.Dispose();
            return Foreign(demand);
        }
        var patch = CopyShape.Patch(copy, demand, CopyContent.Changes(source.Data, copy.Data, demand.Credentials, demand.Ring?.KeyField, dropped));
        if (patch is null)
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
        if (copy.Metadata.Annotations?.GetValueOrDefault(ClusterNames.KeyFieldAnnotation) is { } keyField)
        {
            var elsewhere = source is null ? [] : RingFields.Read(keyField, source.Data).Ids.ToHashSet();
            var only = RingFields.Read(keyField, copy.Data).Ids.Where(id => !elsewhere.Contains(id)).Select(id => id.Text).Order(StringComparer.Ordinal).ToList();
            if (only.Count > 0)
            {
                return $"Secret \"{workload.Namespace}/{name}\" is not wanted any more and stays, because no other Secret is known to hold key {string.Join(", ", only)}: "
                    + "see that the key is where backups need it, then delete the Secret";
            }
        }
        await kube.Delete(KubeResources.Secrets, workload.Namespace, name, new() { Uid = copy.Metadata.Uid, ResourceVersion = copy.Metadata.ResourceVersion }, cancel);
        return null;
    }

    async Task<KeptCopy> Make(SecretDemand demand, Secret source, KeyId? dropped, CancellationToken cancel)
    {
        var none = new Dictionary<string, byte[]>();
        var content = CopyContent.Changes(source.Data, none, demand.Credentials, demand.Ring?.KeyField, dropped);
        return new(await kube.Create(KubeResources.Secrets, CopyShape.New(demand, content.ToDictionary(field => field.Key, field => field.Value!)), cancel), IsWritten: true);
    }

    static KeptCopy Foreign(SecretDemand demand) => new(
        Present: null,
        Problem: $"Secret \"{demand.Workload.Id.Namespace}/{demand.Mounted}\" is not the webhook's: it lacks the label {ClusterNames.ForLabel}={demand.Workload.Id.Label}; delete or rename it, and the copy of \"{demand.Source}\" takes its place",
        IsForeign: true);
}
