using BackupRunner.Webhook.Plans;
using BackupRunner.Webhook.Restores;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Admission;

/// <summary>
/// Finds who decides a request. What is not ours (another group, another version, a subresource) reaches us by a rule that is too wide, and passes. Nothing
/// is written anywhere, so that a dry run is like any other request; the only calls are SubjectAccessReviews.
/// </summary>
public sealed class AdmissionDecisions(IClusterView view, AccessReviews access, Installation installation)
{
    /// <summary>The Backups that a Restore may name.</summary>
    public FindBackup Backups { get; init; } = (_, _) => null;

    public ValueTask<AdmissionReply> Mutate(AdmissionRequest request, CancellationToken cancel) => ValueTask.FromResult(Kind(request) switch
    {
        _ when request.Operation is not (AdmissionRequest.Create or AdmissionRequest.Update) => AdmissionReply.Unchanged,
        ReviewedKind.StatefulSet or ReviewedKind.Deployment => WorkloadMutation.Of(request, view),
        ReviewedKind.Job when request.Operation == AdmissionRequest.Create => RestoreJobAdmission.Mutate(request, view, installation),
        ReviewedKind.Backup or ReviewedKind.Restore when request.Operation == AdmissionRequest.Create => StatusAdmission.OfCreate(request),
        _ => AdmissionReply.Unchanged,
    });

    public async ValueTask<AdmissionReply> Validate(AdmissionRequest request, CancellationToken cancel) => (Kind(request), request.Operation) switch
    {
        (ReviewedKind.StatefulSet or ReviewedKind.Deployment, AdmissionRequest.Create or AdmissionRequest.Update) => WorkloadAdmission.Validate(request, view),
        (ReviewedKind.Job, AdmissionRequest.Create) => await RestoreJobAdmission.Validate(request, view, installation, access, cancel),
        (ReviewedKind.BackupPolicy, AdmissionRequest.Create or AdmissionRequest.Update) => await PolicyAdmission.Validate(request, access, installation, cancel),
        (ReviewedKind.BackupPolicy, AdmissionRequest.Delete) => PolicyAdmission.Delete(request, view),
        (ReviewedKind.Backup, AdmissionRequest.Create) => BackupAdmission.Validate(request, view, installation),
        (ReviewedKind.Restore, AdmissionRequest.Create) => await RestoreAdmission.Validate(request, Backups, view, installation, access, cancel),
        (ReviewedKind.Status, AdmissionRequest.Update) => StatusAdmission.OfWrite(request, installation),
        _ => AdmissionReply.Unchanged,
    };

    static ReviewedKind Kind(AdmissionRequest request) => (request.Group, request.Version, request.Resource, request.Subresource) switch
    {
        ("apps", "v1", "statefulsets", "") => ReviewedKind.StatefulSet,
        ("apps", "v1", "deployments", "") => ReviewedKind.Deployment,
        ("batch", "v1", "jobs", "") => ReviewedKind.Job,
        (PolicyAdmission.Group, "v1", "backuppolicies", "") => ReviewedKind.BackupPolicy,
        (PolicyAdmission.Group, "v1", "backups", "") => ReviewedKind.Backup,
        (PolicyAdmission.Group, "v1", "restores", "") => ReviewedKind.Restore,
        (PolicyAdmission.Group, "v1", "backups" or "restores", "status") => ReviewedKind.Status,
        _ => ReviewedKind.Other,
    };

    enum ReviewedKind
    {
        Other,
        StatefulSet,
        Deployment,
        Job,
        BackupPolicy,
        Backup,
        Restore,
        Status,
    }
}
