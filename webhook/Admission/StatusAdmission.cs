using System.Text.Json;
using BackupRunner.Webhook.Plans;

namespace BackupRunner.Webhook.Admission;

/// <summary>
/// The status of Backups and Restores is what the webhook has seen, and nobody else's to write: who did could have a restore that failed look as if it had not. The webhook's own
/// writes are not asked about (manifests/webhooks.yaml); where it runs under another name than that file has, they are, and pass.
/// </summary>
public static class StatusAdmission
{
    /// <summary>At <c>/mutate</c>: later the API server has dropped it.</summary>
    public static AdmissionReply OfCreate(AdmissionRequest request) => JsonText.Part(request.Item, "status").ValueKind is JsonValueKind.Undefined or JsonValueKind.Null
        ? AdmissionReply.Unchanged
        : AdmissionReply.Invalid([$"status: is written by backup-webhook only; leave it out, as of {Shown.Of(request.Resource)} that were exported"]);

    public static AdmissionReply OfWrite(AdmissionRequest request, Installation installation) => request.User.Name == installation.Account
        ? AdmissionReply.Unchanged
        : AdmissionReply.Forbidden([$"status: is written by backup-webhook only, and says what it has seen; user {Shown.Of(request.User.Name)} may not write it. To back up or restore again, make another object"]);
}
