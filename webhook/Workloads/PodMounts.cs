namespace BackupRunner.Webhook.Workloads;

/// <summary>The mounts and devices of a pod by volume: read once, since a hostile pod has as many of both as fit into an object.</summary>
sealed class PodMounts
{
    readonly ILookup<string, (int At, string Container, MountShape Mount)> mounts;
    readonly Dictionary<string, (int At, string Container)> devices = new(StringComparer.Ordinal);

    public PodMounts(PodShape pod)
    {
        mounts = pod.Containers
            .OrderByDescending(container => container.Name == pod.DefaultContainer)
            .SelectMany(container => container.Mounts.Select(mount => (Container: container.Name, Mount: mount)))
            .Select((found, at) => (At: at, found.Container, found.Mount))
            .ToLookup(found => found.Mount.Volume, StringComparer.Ordinal);
        foreach (var (at, container) in pod.Containers.Index())
        {
            foreach (var device in container.Devices)
                devices.TryAdd(device, (at, container.Name));
        }
    }

    /// <param name="volumes">Each once.</param>
    /// <returns>Those of the pod's default container first, then in the order of the pod.</returns>
    public List<(string Container, MountShape Mount)> Of(IReadOnlyCollection<string> volumes) =>
        [.. volumes.SelectMany(volume => mounts[volume]).OrderBy(found => found.At).Select(found => (found.Container, found.Mount))];

    /// <returns>The first container that has one of them as a block device. Null: none has.</returns>
    public string? DeviceOf(IReadOnlyCollection<string> volumes) =>
        volumes.Where(devices.ContainsKey).Select(volume => devices[volume]).OrderBy(found => found.At).Select(found => found.Container).FirstOrDefault();
}
