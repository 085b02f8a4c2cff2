namespace BackupRunner.Webhook.Plans.Pods;

/// <summary>Where the runner's container has the claim: where the workload has it, unless that would hide something that the runner needs.</summary>
static class DataPath
{
    /// <summary>Where it is otherwise.</summary>
    public const string Elsewhere = "/mnt/data";

    static readonly string[] Needed =
    [
        RunFiles.Scratch, "/tmp", "/etc/backup-runner", "/etc/ssl/certs", "/usr/local/bin", "/usr/local/lib/backup-runner", "/usr/bin", "/usr/lib", "/usr/lib64", "/usr/sbin",
        "/usr/share/dotnet", "/usr/share/zoneinfo", "/bin", "/sbin", "/lib", "/lib64", "/var/run/secrets", "/run/secrets", "/proc", "/sys", "/dev",
    ];

    /// <summary>Nothing of ours may be mounted in these, or nothing can be.</summary>
    static readonly string[] Closed = ["/etc/backup-runner", "/var/run/secrets", "/run/secrets", "/proc", "/sys"];

    public static string Of(string mountPath)
    {
        var path = Plain(mountPath);
        return Array.Exists(Needed, needed => Holds(path, needed)) || Array.Exists(Closed, closed => Holds(closed, path)) ? Elsewhere : mountPath;
    }

    /// <summary>The archive cannot lie where the workload has its claim.</summary>
    public static bool HidesScratch(string mountPath) => Holds(Plain(mountPath), RunFiles.Scratch);

    static bool Holds(string folder, string path) => folder == "/" || path == folder || path.StartsWith(folder + "/", StringComparison.Ordinal);

    static string Plain(string path) => "/" + string.Join('/', path.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(part => part != "."));
}
