using System.Text.Json.Nodes;
using BackupRunner.Webhook.Plans.Pods;

namespace BackupRunner.Webhook.Plans;

/// <summary>What an audit of stored backups works with. All are of <paramref name="Namespace"/>.</summary>
/// <param name="Name">Of the Job.</param>
/// <param name="Label">The value of the label <c>for</c>.</param>
/// <param name="PolicyConfigMap">Has <c>policy.yaml</c>.</param>
/// <param name="Credentials">The Secret of the store; null: the pod's own identity.</param>
/// <param name="Keys">The Secret of the key ring; null: the audit only counts.</param>
public sealed record AuditInputs(string Namespace, string Name, string Label, string PolicyConfigMap, string? Credentials, string? Keys, Installation Installation);

/// <summary>
/// A Job that finds which keys the stored backups need (<c>keys audit</c>). It mounts no claim, has no account and asks nothing of the API server; what it found is its
/// termination message.
/// </summary>
public static class AuditJob
{
    public const string Instance = "backup-keys-audit";

    /// <param name="owner">A reference that goes into its metadata; null: nobody's.</param>
    public static WantedObject For(AuditInputs inputs, JsonObject? owner = null)
    {
        var files = new RunFiles(inputs.PolicyConfigMap, new MountedSecrets(inputs.Credentials, inputs.Keys), RunFiles.OfGroup);
        var container = RunContainer.Of(
            inputs.Installation, ["keys", "audit", .. files.Arguments], JobShape.Strict(), files.Mounts(), RunContainer.Small(), podName: false);
        var pod = new JsonObject
        {
            ["automountServiceAccountToken"] = false,
            ["enableServiceLinks"] = false,
            ["restartPolicy"] = "Never",
            ["securityContext"] = new JsonObject
            {
                ["runAsNonRoot"] = true,
                ["runAsUser"] = RunIdentity.Runner,
                ["runAsGroup"] = RunIdentity.Runner,
                ["fsGroup"] = RunIdentity.Runner,
                ["seccompProfile"] = new JsonObject { ["type"] = "RuntimeDefault" },
            },
            ["containers"] = new JsonArray { container },
            ["volumes"] = files.Volumes(),
        };
        var spec = new JsonObject
        {
            ["backoffLimit"] = 2,
            ["activeDeadlineSeconds"] = 6 * 3600,
            ["ttlSecondsAfterFinished"] = 24 * 3600,
            ["podFailurePolicy"] = JobShape.FailurePolicy(JobShape.NotByTryingAgain()),
            ["template"] = JobShape.Template(PlannedObject.Labels(inputs.Label, Instance), pod),
        };
        return PlannedObject.Of("Job", inputs.Namespace, inputs.Name, PlannedObject.Labels(inputs.Label, Instance), owner, ("spec", spec));
    }
}
