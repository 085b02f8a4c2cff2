using System.Security.Cryptography;
using System.Text.Json.Nodes;
using BackupRunner.Kube;
using BackupRunner.Names;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Plans;

/// <summary>A Job that lists which keys the stored backups of a policy's location still need (<c>keys audit</c>). It sees no data and no key.</summary>
public static class AuditJob
{
    const string Folder = "/etc/backup-runner";
    const int User = 65532;
    const int SecretMode = 288; // 0440
    const int MaxNameLength = 63 - SuffixLength;
    const int SuffixLength = 8;

    /// <param name="workload">Whose policy ConfigMap and credentials it mounts, and who owns it.</param>
    /// <param name="credentials">The Secret beside it with those of the store; null: none.</param>
    /// <param name="below">Paths of stored backups below the policy's prefix, such as <c>cluster/namespace/statefulset.redis</c>; none: everything there.</param>
    public static WantedObject For(ProtectedWorkload workload, string? credentials, IReadOnlyList<string> below, Installation installation)
    {
        var id = workload.Id;
        var name = $"{Cut($"backup-{id.Name}-audit", MaxNameLength - 1)}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(SuffixLength / 2))}";
        var args = new JsonArray("keys", "audit", $"--policy={Folder}/policy/policy.yaml");
        if (credentials is not null)
            args.Add($"--credentials={Folder}/credentials");
        foreach (var path in below)
            args.Add($"--below={path}");
        return new(KubeResources.Any("batch", "v1", "jobs"), id.Namespace, name, new JsonObject
        {
            ["apiVersion"] = "batch/v1",
            ["kind"] = "Job",
            ["metadata"] = new JsonObject
            {
                ["name"] = name,
                ["namespace"] = id.Namespace,
                ["labels"] = Labels(id, id.Label),
                ["ownerReferences"] = new JsonArray(new JsonObject
                {
                    ["apiVersion"] = "apps/v1", ["kind"] = id.ApiKind, ["name"] = id.Name, ["uid"] = workload.Uid, ["blockOwnerDeletion"] = false,
                }),
            },
            ["spec"] = new JsonObject
            {
                ["backoffLimit"] = 2,
                ["activeDeadlineSeconds"] = 21600,
                ["ttlSecondsAfterFinished"] = 3600,
                ["template"] = new JsonObject
                {
                    ["metadata"] = new JsonObject { ["labels"] = Labels(id, null) },
                    ["spec"] = PodSpec(workload, credentials, args, installation),
                },
            },
        });
    }

    static JsonObject PodSpec(ProtectedWorkload workload, string? credentials, JsonArray args, Installation installation)
    {
        var id = workload.Id;
        var mounts = new JsonArray(Mount("policy", $"{Folder}/policy"));
        var volumes = new JsonArray(new JsonObject { ["name"] = "policy", ["configMap"] = new JsonObject { ["name"] = ClusterNames.OfPolicyConfigMap(id.Kind, id.Name) } });
        if (credentials is not null)
        {
            mounts.Add((JsonNode)Mount("credentials", $"{Folder}/credentials"));
            volumes.Add((JsonNode)new JsonObject { ["name"] = "credentials", ["secret"] = new JsonObject { ["secretName"] = credentials, ["defaultMode"] = SecretMode } });
        }
        mounts.Add((JsonNode)new JsonObject { ["name"] = "tmp", ["mountPath"] = "/tmp" });
        volumes.Add((JsonNode)new JsonObject { ["name"] = "tmp", ["emptyDir"] = new JsonObject() });
        var pod = new JsonObject
        {
            // For the store's credentials, where a cloud ties them to the account; the API server is not asked anything.
            ["serviceAccountName"] = ClusterNames.OfBackupAccount(id.Kind, id.Name),
            ["automountServiceAccountToken"] = false,
            ["enableServiceLinks"] = false,
            ["restartPolicy"] = "Never",
            ["securityContext"] = new JsonObject
            {
                ["runAsNonRoot"] = true,
                ["runAsUser"] = User,
                ["runAsGroup"] = User,
                ["fsGroup"] = User,
                ["seccompProfile"] = new JsonObject { ["type"] = "RuntimeDefault" },
            },
            ["containers"] = new JsonArray(new JsonObject
            {
                ["name"] = Container,
                ["image"] = installation.RunnerImage,
                ["args"] = args,
                ["resources"] = new JsonObject
                {
                    ["requests"] = new JsonObject { ["cpu"] = "100m", ["memory"] = "128Mi" },
                    ["limits"] = new JsonObject { ["memory"] = "512Mi" },
                },
                ["securityContext"] = new JsonObject
                {
                    ["allowPrivilegeEscalation"] = false,
                    ["readOnlyRootFilesystem"] = true,
                    ["capabilities"] = new JsonObject { ["drop"] = new JsonArray("ALL") },
                },
                ["volumeMounts"] = mounts,
            }),
            ["volumes"] = volumes,
        };
        if (workload.Pod.Tolerations.ValueKind == System.Text.Json.JsonValueKind.Array)
            pod["tolerations"] = JsonNode.Parse(workload.Pod.Tolerations.GetRawText());
        if (workload.Pod.ImagePullSecrets.ValueKind == System.Text.Json.JsonValueKind.Array)
            pod["imagePullSecrets"] = JsonNode.Parse(workload.Pod.ImagePullSecrets.GetRawText());
        return pod;
    }

    /// <summary>Its container, whose termination message is the result.</summary>
    public const string Container = "runner";

    static JsonObject Labels(WorkloadId id, string? forWorkload)
    {
        var labels = new JsonObject
        {
            [ClusterNames.AppLabel] = ClusterNames.App,
            ["app.kubernetes.io/instance"] = ClusterNames.OfBackupAccount(id.Kind, id.Name),
        };
        if (forWorkload is not null)
            labels[ClusterNames.ForLabel] = forWorkload;
        return labels;
    }

    static JsonObject Mount(string name, string path) => new() { ["name"] = name, ["mountPath"] = path, ["readOnly"] = true };

    static string Cut(string name, int length) => name[..Math.Min(name.Length, length)].TrimEnd('-', '.');
}
