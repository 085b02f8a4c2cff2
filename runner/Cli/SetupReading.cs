using System.CommandLine;
using BackupRunner.Cluster;
using BackupRunner.Kube;
using BackupRunner.Names;
using BackupRunner.Policy;
using BackupRunner.Reports;
using BackupRunner.Storage;
using BackupRunner.Templates;

namespace BackupRunner.Cli;

/// <summary>Resolves the options of one call, with the policy and the environment, to a <see cref="RunSetup"/>.</summary>
public static class SetupReading
{
    /// <param name="say">Told what a store that fails for a while is doing.</param>
    public static RunSetup Read(ParseResult call, RunOptions options, RunnerHost host, Action<string> say)
    {
        var (policy, sha256) = PolicyLoading.Load(call.GetValue(options.Policy), call.GetValue(options.Store));
        var keys = call.GetValue(options.Keys) is { } ring ? RunOptions.NotEmpty("--keys", ring) : null;
        // Without a policy the user who gives keys wants them used.
        if (sha256 is null && keys is not null)
            policy = policy with { Settings = policy.Settings with { Encryption = new EncryptionPolicy { Enabled = true } } };
        var kube = KubeOf(call, options, host);
        var cluster = call.GetValue(options.Cluster) ?? policy.Cluster ?? FolderSeries.Local;
        var data = call.GetValue(options.Data) is { } folder ? FolderSeries.RealPathOf(RunOptions.NotEmpty("--data", folder)) : null;
        var storage = policy.Storage!;
        var credentials = call.GetValue(options.Credentials) is { } secret ? CredentialsFolder.Open(secret) : null;
        return new RunSetup
        {
            Policy = policy,
            PolicySha256 = sha256,
            Store = ObjectStores.Open(storage, credentials, host.Time, say),
            StorePath = storage.Provider == StorageProvider.File ? FolderSeries.RealPathOf(Path.GetFullPath(storage.Path!)) : null,
            Prefix = storage.Prefix,
            Keys = keys,
            Cluster = cluster,
            Kube = kube,
            Series = SeriesOf(call, options, host, cluster, kube?.Namespace ?? FolderSeries.Local, data),
            Data = data,
            State = call.GetValue(options.State) ?? DefaultState(host),
            ArchivePath = Path.GetFullPath(call.GetValue(options.ArchivePath) ?? BackupNames.DefaultArchivePath),
        };
    }

    /// <summary>The cluster that the workload is in; null: the run is one of a host.</summary>
    /// <exception cref="RunnerException">Exit 2: it was asked for and cannot be known.</exception>
    static KubeConfig? KubeOf(ParseResult call, RunOptions options, RunnerHost host)
    {
        var kubeconfig = call.GetValue(options.Kubeconfig);
        if (kubeconfig is null && call.GetValue(options.Context) is not null)
            throw new RunnerException(ExitCode.Usage, "--context needs --kubeconfig");
        if (call.GetValue(options.NoKube))
            return kubeconfig is null ? null : throw new RunnerException(ExitCode.Usage, "--kubeconfig and --no-kube contradict each other");
        var kind = call.GetValue(options.Workload)?.Split('/')[0].ToLowerInvariant();
        try
        {
            if (kubeconfig is null)
                return kind is not null && WorkloadKind.Resource(kind) is not null ? KubeConfig.InCluster(host.Variables) : null;
            if (kind is null || WorkloadKind.Resource(kind) is null)
                throw new RunnerException(ExitCode.Usage, "--kubeconfig needs a workload", "such as --workload statefulset/redis, or deployment/web");
            return KubeConfig.FromFile(kubeconfig, call.GetValue(options.Context));
        }
        catch (KubeConfigException invalid)
        {
            throw new RunnerException(ExitCode.Usage, invalid.Message, "--no-kube works without the API server", invalid);
        }
    }

    static SeriesId? SeriesOf(ParseResult call, RunOptions options, RunnerHost host, string cluster, string space, string? data)
    {
        if (call.GetValue(options.Workload) is { } workload)
        {
            if (workload.Split('/') is not [{ Length: > 0 } kind, { Length: > 0 } name])
                throw new RunnerException(ExitCode.Usage, $"--workload \"{workload}\" is not KIND/NAME", "such as --workload statefulset/redis");
            return new SeriesId(
                RunOptions.NotEmpty("--cluster", cluster),
                RunOptions.NotEmpty("--namespace", call.GetValue(options.Namespace) ?? space),
                kind.ToLowerInvariant(),
                name,
                RunOptions.NotEmpty("--claim", call.GetValue(options.Claim) ?? FolderSeries.Claim));
        }
        if (call.GetValue(options.Namespace) is not null || call.GetValue(options.Claim) is not null)
            throw new RunnerException(ExitCode.Usage, "--namespace and --claim name a part of a workload", "name the workload too, such as --workload statefulset/redis");
        return data is null ? null : FolderSeries.Of(data, host.MachineName, RunOptions.NotEmpty("--cluster", cluster));
    }

    static string DefaultState(RunnerHost host)
    {
        if (host.Variables.GetValueOrDefault("XDG_STATE_HOME") is { Length: > 0 } state && Path.IsPathRooted(state))
            return Path.Join(state, "backup-runner");
        return host.Variables.GetValueOrDefault("HOME") is { Length: > 0 } home
            ? Path.Join(home, ".local/state/backup-runner")
            : throw new RunnerException(ExitCode.Usage, "there is no folder for locks: neither XDG_STATE_HOME nor HOME is set", "name one with --state");
    }
}
