using BackupRunner.Kube;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Restores;

public enum RestoreJobState
{
    /// <summary>No pod of it runs.</summary>
    Waits,

    Runs,

    Succeeded,

    Failed,
}

/// <summary>Of the Job of a Restore what says how it goes: a few hundred bytes.</summary>
/// <param name="Restore">Its owner's name, and uid.</param>
/// <param name="Why">Of a failure: the condition's message.</param>
public sealed record SeenRestoreJob(string Namespace, string Name, string Uid, (string Name, string Uid) Restore, RestoreJobState State, bool IsBeingDeleted, DateTimeOffset Created, string? Why)
{
    const int LongestWhy = 512;

    public bool IsOver => State is RestoreJobState.Succeeded or RestoreJobState.Failed;

    /// <returns>Null: it is none of a Restore.</returns>
    public static SeenRestoreJob? Of(KubeObject job)
    {
        var metadata = job.Metadata;
        if (metadata is not { Namespace: { } space, Uid: { } uid }
            || metadata.OwnerReferences?.Find(owner => owner is { Kind: RestoreObject.Kind, ApiVersion: RestoreObject.ApiVersion, Controller: true }) is not { } owner)
            return null;
        var status = job.Part("status");
        var end = status.Items("conditions").FirstOrDefault(condition => condition.Text("type") is "Complete" or "Failed" && condition.Text("status") == "True");
        var state = end.Text("type") switch
        {
            "Complete" => RestoreJobState.Succeeded,
            "Failed" => RestoreJobState.Failed,
            _ => status.Whole("ready") > 0 ? RestoreJobState.Runs : RestoreJobState.Waits,
        };
        var why = state == RestoreJobState.Failed ? end.Text("message") ?? end.Text("reason") : null;
        return new(space, metadata.Name, uid, (owner.Name, owner.Uid), state, metadata.DeletionTimestamp is not null, metadata.CreationTimestamp ?? default, why is { Length: > LongestWhy } ? why[..LongestWhy] : why);
    }
}
