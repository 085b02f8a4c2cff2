using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using BackupRunner.Names;
using BackupRunner.Webhook.Plans.Pods;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Plans;

/// <summary>
/// A Job that finds which keys the stored backups of a policy's location need (<c>keys audit</c>). It mounts no claim and no key and asks nothing of the API server; what
/// it found is its termination message.
/// </summary>
public static class AuditJob
{
    /// <summary>The container whose termination message is the result.</summary>
    public const string Container = RunContainer.Name;

    const int RandomBytes = 4;
    const int DeadlineSeconds = 6 * 3600;

    // The result is read within seconds; the Job stays for a person to look at.
    const int KeptSeconds = 24 * 3600;

    /// <param name="workload">Whose policy ConfigMap it mounts, and who owns it.</param>
    /// <param name="credentials">The Secret beside it with those of the store; null: none.</param>
    /// <param name="below">Paths of stored backups below the policy's prefix, such as <c>cluster/namespace/statefulset.redis</c>; none: everything there.</param>
    public static WantedObject For(ProtectedWorkload workload, string? credentials, IReadOnlyList<string> below, Installation installation)
    {
        var id = workload.Id;
        var account = ClusterNames.OfBackupAccount(id.Kind, id.Name);
        var files = new RunFiles(ClusterNames.OfPolicyConfigMap(id.Kind, id.Name), new MountedSecrets(credentials, Keys: null), RunFiles.OfGroup);
        var pod = new JsonObject
        {
            // For a store that knows its clients by their accounts.
            ["serviceAccountName"] = account,
            ["automountServiceAccountToken"] = false,
            ["enableServiceLinks"] = false,
            ["restartPolicy"] = "Never",
            ["securityContext"] = JobShape.Nobody(),
            ["containers"] = new JsonArray
            {
                RunContainer.Of(
                    installation, ["keys", "audit", .. files.Arguments, .. below.Select(path => $"--below={path}")], JobShape.Strict(), files.Mounts()),
            },
            ["volumes"] = files.Volumes(),
        };
        Add(pod, "tolerations", workload.Pod.Tolerations);
        Add(pod, "imagePullSecrets", workload.Pod.ImagePullSecrets);
        var spec = new JsonObject
        {
            ["backoffLimit"] = 2,
            ["activeDeadlineSeconds"] = DeadlineSeconds,
            ["ttlSecondsAfterFinished"] = KeptSeconds,
            ["podFailurePolicy"] = JobShape.FailurePolicy(JobShape.NotByTryingAgain()),
            ["template"] = JobShape.PodTemplate(PlannedObject.Labels(id.Label, account), pod),
        };
        var owner = new JsonObject { ["apiVersion"] = "apps/v1", ["kind"] = id.ApiKind, ["name"] = id.Name, ["uid"] = workload.Uid };
        return PlannedObject.Of("Job", id.Namespace, Name(id), PlannedObject.Labels(id.Label, account), owner, ("spec", spec));
    }

    /// <summary>Another one each time: a Job's name stays taken until it is deleted.</summary>
    static string Name(WorkloadId id)
    {
        var random = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(RandomBytes));
        var name = $"backup-{id.Name}-audit";
        return $"{name[..Math.Min(name.Length, ClusterNames.MaxLabelLength - random.Length - 1)].TrimEnd('-', '.')}-{random}";
    }

    static void Add(JsonObject pod, string field, JsonElement list)
    {
        if (list.ValueKind == JsonValueKind.Array)
            pod[field] = Json.Node(list);
    }
}
