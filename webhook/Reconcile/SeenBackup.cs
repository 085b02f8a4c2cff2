using System.Text.Json;
using BackupRunner.Kube;
using BackupRunner.Names;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Reconcile;

public enum BackupState
{
    /// <summary>No pod of it is running, and there is none.</summary>
    HasNoPod,

    /// <summary>Its pod does not run.</summary>
    Starts,

    /// <summary>Or rests, suspended.</summary>
    Runs,

    Succeeded,

    Failed,
}

/// <summary>Of a Job that a CronJob of ours has made, a person from it, or the loop for a Backup, what says how the backup goes: a few hundred bytes.</summary>
/// <param name="Owner">The CronJob, which has the name of <paramref name="Claim"/>'s, and its uid; or the Backup.</param>
/// <param name="Since">When it was made; when its pod was lost, if one has run.</param>
/// <param name="Reason">Of a failure: the condition's.</param>
/// <param name="Ended">When it succeeded or failed.</param>
public sealed record SeenBackup(
    string Namespace, string Name, string Uid, string Label, (string Name, string Uid) Owner, string Claim, BackupState State, DateTimeOffset Since, string? Reason, DateTimeOffset? Ended)
{
    const string ClaimArgument = "--claim=";
    const string Group = "backup.middleware.io";

    /// <summary>A claim's name, and a condition's reason that is worth showing.</summary>
    const int LongestName = 253, LongestReason = 64;

    /// <summary><see cref="Owner"/> is a Backup.</summary>
    public bool IsOfBackup { get; init; }

    /// <summary>It reads a backup back, and makes none: by the name of its CronJob.</summary>
    public bool IsVerification => !IsOfBackup && Owner.Name.StartsWith(ClusterNames.VerificationPrefix, StringComparison.Ordinal);

    /// <summary>It should run and does not.</summary>
    public bool Waits => State is BackupState.HasNoPod or BackupState.Starts;

    /// <summary>As it is told now: it waits since it was made, or since it lost its pod.</summary>
    /// <param name="before">What was told of that Job's name before; null: nothing.</param>
    /// <param name="at">When this was told.</param>
    public SeenBackup After(SeenBackup? before, DateTimeOffset at) => before?.Uid == Uid && Waits ? this with { Since = before.Waits ? before.Since : at } : this;

    public bool IsOver => State is BackupState.Succeeded or BackupState.Failed;

    /// <returns>Null: it is no backup of ours, or is being deleted. Restores and audits are not of a CronJob or a Backup.</returns>
    public static SeenBackup? Of(KubeObject job)
    {
        var metadata = job.Metadata;
        if (metadata is not { DeletionTimestamp: null, CreationTimestamp: { } made, Namespace: { } space, Uid: { } uid }
            || metadata.Labels?.GetValueOrDefault(ClusterNames.ForLabel) is not { Length: > 0 and <= ClusterNames.MaxLabelLength } label
            || metadata.OwnerReferences?.Find(owner => owner is { Kind: "CronJob", ApiVersion: "batch/v1", Name.Length: <= ClusterNames.MaxCronJobLength } or { Kind: "Backup", ApiVersion: Group + "/v1", Name.Length: <= LongestName })
                is not { } owner)
            return null;
        var (spec, status) = (job.Part("spec"), job.Part("status"));
        if (ClaimOf(spec) is not { Length: > 0 and <= LongestName } claim)
            return null;
        var end = status.Items("conditions").FirstOrDefault(condition => condition.Text("type") is "Complete" or "Failed" && condition.Text("status") == "True");
        var state = end.Text("type") switch
        {
            "Complete" => BackupState.Succeeded,
            "Failed" => BackupState.Failed,
            _ when spec.Field("suspend").ValueKind == JsonValueKind.True || status.Whole("ready") > 0 => BackupState.Runs,
            _ => status.Whole("active") > 0 ? BackupState.Starts : BackupState.HasNoPod,
        };
        DateTimeOffset? ended = state is BackupState.Succeeded or BackupState.Failed ? end.Time("lastTransitionTime") ?? made : null;
        return new(space, metadata.Name, uid, label, (owner.Name, owner.Uid), claim, state, made, state == BackupState.Failed ? ReasonOf(end) : null, ended) { IsOfBackup = owner.Kind == "Backup" };
    }

    static string? ClaimOf(JsonElement spec) => spec.Field("template").Field("spec").Items("containers").SelectMany(container => container.Words("args"))
        .FirstOrDefault(word => word.StartsWith(ClaimArgument, StringComparison.Ordinal))?[ClaimArgument.Length..];

    static string ReasonOf(JsonElement end) =>
        end.Text("reason") is { Length: > 0 and <= LongestReason } reason && reason.All(char.IsAsciiLetterOrDigit) ? reason : "Failed";
}
