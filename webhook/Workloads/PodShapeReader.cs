using System.Text.Json;

namespace BackupRunner.Webhook.Workloads;

/// <summary>From the JSON of a pod template to its shape: of mounts and devices only those of claims.</summary>
static class PodShapeReader
{
    public static PodShape Read(JsonElement template, IReadOnlyList<ClaimTemplate> templates)
    {
        var spec = template.Field("spec");
        var claims = ClaimVolumes(spec, templates);
        var volumes = claims.Keys.Concat(templates.Select(claim => claim.Name)).ToHashSet(StringComparer.Ordinal);
        return new PodShape
        {
            Containers =
            [
                .. spec.Items("containers").Select(container => Container(container, volumes)).OfType<ContainerShape>(),
                .. Sidecars(spec).Select(container => Container(container, volumes)).OfType<ContainerShape>().Select(container => container with { IsSidecar = true }),
            ],
            ClaimVolumes = claims,
            DefaultContainer = template.Field("metadata").Map("annotations").GetValueOrDefault("kubectl.kubernetes.io/default-container"),
            IsWindows = spec.Field("os").Text("name") == "windows",
            SecurityContext = spec.Kept("securityContext", JsonValueKind.Object),
            Tolerations = spec.Kept("tolerations", JsonValueKind.Array),
            ImagePullSecrets = spec.Kept("imagePullSecrets", JsonValueKind.Array),
            NodeSelector = spec.Kept("nodeSelector", JsonValueKind.Object),
            NodeAffinity = spec.Field("affinity").Kept("nodeAffinity", JsonValueKind.Object),
        };
    }

    /// <summary>They run as long as the pod: an init container that is always restarted is a sidecar.</summary>
    public static IEnumerable<JsonElement> Sidecars(JsonElement spec) => spec.Items("initContainers").Where(container => container.Text("restartPolicy") == "Always");

    /// <summary>In the order of the pod. A claim template takes the place of a volume with its name.</summary>
    static OrderedDictionary<string, string> ClaimVolumes(JsonElement spec, IReadOnlyList<ClaimTemplate> templates)
    {
        var claims = new OrderedDictionary<string, string>(StringComparer.Ordinal);
        var replaced = templates.Select(template => template.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var volume in spec.Items("volumes"))
        {
            if (volume.Name("name") is { } name && volume.Field("persistentVolumeClaim").Name("claimName") is { } claim && !replaced.Contains(name))
                claims[name] = claim;
        }
        return claims;
    }

    static ContainerShape? Container(JsonElement container, HashSet<string> volumes) => container.Name("name") is { } name
        ? new ContainerShape(
            name, container.Text("image") ?? "",
            [.. container.Items("volumeMounts").Select(Mount).OfType<MountShape>().Where(mount => volumes.Contains(mount.Volume))],
            [.. container.Items("volumeDevices").Select(device => device.Text("name")).OfType<string>().Where(volumes.Contains)],
            container.Kept("securityContext", JsonValueKind.Object))
        {
            ImagePullPolicy = container.Text("imagePullPolicy"),
        }
        : null;

    static MountShape? Mount(JsonElement mount) => mount.Name("name") is { } name && mount.Text("mountPath") is { Length: > 0 } path
        ? new MountShape(name, path, NotEmpty(mount.Text("subPath")), NotEmpty(mount.Text("subPathExpr")))
        : null;

    static string? NotEmpty(string? text) => text is { Length: > 0 } ? text : null;
}
