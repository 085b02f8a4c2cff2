using BackupRunner.Policy.Reading;
using BackupRunner.Webhook.Backups;
using BackupRunner.Webhook.Plans;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Restores;

/// <summary>Finds a Backup of the cluster, from memory; null: there is none of that name.</summary>
public delegate BackupObject? FindBackup(string space, string name);

/// <summary>What a Restore asks for, found in the cluster: where to, and which backup.</summary>
/// <param name="Source">Whose backup it is, where that is not the target itself. Null: it is.</param>
/// <param name="Id">Of the backup, where it is known already.</param>
public sealed record RestoreFinding(RestoreTarget Target, RestoreChoice Choice, RestoreSource? Source, string? FromCluster, string? Id)
{
    const string Spec = "spec.";

    /// <param name="asked">When the Restore was made; null: it is being made.</param>
    /// <param name="problems">All that is wrong; nothing is found when there are some.</param>
    public static RestoreFinding? Of(RestoreSpec spec, string space, DateTimeOffset? asked, FindBackup backups, IClusterView view, Installation installation, List<string> problems)
    {
        var (workload, claim, choice, id) = spec.Backup is { } name ? OfBackup(name, spec, space, asked, backups, problems) : OfWorkload(spec, problems);
        if (workload is null)
            return null;
        var target = spec.TargetWorkload ?? workload;
        // Where the workload of the backup is the target, its claims say which one is meant.
        var wanted = spec.TargetClaim ?? (target == workload ? claim : null);
        var place = spec.TargetWorkload is not null ? Spec + "target.workload" : Spec + (spec.Backup is null ? "workload" : "backup");
        var claimPlace = Spec + (spec.TargetClaim is null && target == workload ? "claim" : "target.claim");
        var found = RestoreTarget.Find(target, wanted, new(place, claimPlace), view, installation, problems);
        if (found is null || choice is null)
            return null;
        if (!found.Claim.Exists)
            problems.Add($"{claimPlace}: claim {Quoted.Of(found.Claim.Name)} does not exist yet; the workload's controller makes it when it scales up");
        var source = claim ?? (target == workload && (spec.TargetClaim is null || found.Plan.Claims.Count == 1) ? found.Claim.Name : null);
        if (source is null)
            problems.Add($"{Spec}claim: is missing; it says which claim the backup is of, as target is another one");
        else if ((target, found.Claim.Name) != (workload, source) && !spec.AllowOther)
            problems.Add($"{Spec}target: claim {Quoted.Of(found.Claim.Name)} of {Shown(target)} is not what the backup is of, claim {Quoted.Of(source)} of {Shown(workload)}; to put its data there all the same, set allowOther: true");
        return problems.Count > 0 ? null : new(
            found, choice, (target, found.Claim.Name) == (workload, source) ? null : new(workload, source!), spec.FromCluster, id);
    }

    static (WorkloadId?, string?, RestoreChoice?, string?) OfWorkload(RestoreSpec spec, List<string> problems)
    {
        var (choice, problem) = RestoreChoice.Parse(spec.Id ?? (spec.Before is { } time ? $"before:{time.ToUpperInvariant()}" : "latest"));
        if (problem is not null)
            problems.Add($"{Spec}{(spec.Id is null ? "before" : "id")}: {problem}");
        return (spec.Workload, spec.Claim, choice, spec.Id);
    }

    static (WorkloadId?, string?, RestoreChoice?, string?) OfBackup(string name, RestoreSpec spec, string space, DateTimeOffset? asked, FindBackup backups, List<string> problems)
    {
        var (place, what) = (Spec + "backup", $"Backup {Quoted.Of(name)}");
        if (backups(space, name) is not { } backup)
            problems.Add($"{place}: there is no {what} in namespace {Quoted.Of(space)}; \"kubectl get backups\" shows those that there are");
        else if (backup.Record is null && asked <= backup.Created)
            // Another of its name may be of another workload, which nobody has asked whether the author may stop.
            problems.Add($"{place}: {what} was made after this Restore, and is not the one that was meant; make another Restore");
        else if (backup.IsBeingDeleted)
            problems.Add($"{place}: {what} is being deleted; take another one");
        else if (ClaimOf(backup, what, spec.Claim, place, problems) is { } claim)
        {
            if (Problem(backup, claim, what) is { } problem)
                problems.Add($"{place}: {problem}");
            else if (RestoreChoice.Parse(claim.Id!) is (RestoreChoice.Exactly exactly, _))
                return (backup.Workload, claim.Claim, exactly, claim.Id);
            else
                problems.Add($"{place}: {what} has no id of a backup: {Quoted.Of(claim.Id!)}");
        }
        return default;
    }

    static ClaimBackup? ClaimOf(BackupObject backup, string what, string? claim, string place, List<string> problems)
    {
        var claims = backup.Status.Claims;
        if (claim is null && claims is [var only])
            return only;
        if (claims.FirstOrDefault(one => one.Claim == claim) is { } found)
            return found;
        problems.Add(claims.Count == 0 ? $"{place}: {what} has not made any backup yet; its phase is {backup.Status.Phase}"
            : claim is null ? $"{Spec}claim: is missing; {what} has several claims: {RestoreTarget.Named(claims.Select(one => one.Claim))}"
            : $"{Spec}claim: {what} is not of claim {Quoted.Of(claim)}; it is of {RestoreTarget.Named(claims.Select(one => one.Claim))}");
        return null;
    }

    static string? Problem(BackupObject backup, ClaimBackup claim, string what) => claim switch
    {
        { IsGone: true } => $"the store does not hold {what} any more; take another one",
        { Phase: BackupPhase.Failed } => $"{what} of claim {Quoted.Of(claim.Claim)} has failed, and there is nothing to restore; take another one",
        { Phase: not BackupPhase.Succeeded } => $"{what} of claim {Quoted.Of(claim.Claim)} has not succeeded yet; wait for it: kubectl wait --for=condition=Succeeded backup/{backup.Name}",
        { Id: null } => $"{what} does not say the id of what it stored; name it by workload and id",
        _ => null,
    };

    static string Shown(WorkloadId id) => $"{id.ApiKind} {Quoted.Of(id.Name)}";
}

/// <summary>A claim whose backup is restored elsewhere.</summary>
public sealed record RestoreSource(WorkloadId Workload, string Claim)
{
    /// <summary>Of the runner's <c>restore</c>: it takes a backup of this claim, and of no other.</summary>
    public string Argument => $"--from={Workload.Kind}/{Workload.Name}/{Claim}";
}
