using System.CommandLine;

namespace BackupRunner.Cli;

public enum OutputFormat
{
    Table,
    Json,
}

/// <summary>The options that verbs share, each defined once.</summary>
public sealed class RunOptions
{
    public Option<string?> Policy { get; } = Text("--policy", "FILE", "The backup policy (docs/POLICY.md). Without one, the defaults and --store.");

    public Option<string?> Store { get; } = Text("--store", "DIR", "Keep the backups in this folder. It takes the place of the policy's storage.");

    public Option<string?> Credentials { get; } = Text(
        "--credentials", "DIR", "The mounted Secret with the credentials of the store, one file a key (docs/providers). By default what the provider's own library finds.");

    public Option<string?> Keys { get; } = Text(
        "--keys", "DIR", "The mounted Secret with the key ring, one file a key (docs/POLICY.md). Needed when the policy encrypts, and for backups that are encrypted. Without a policy, backups are encrypted with it (aes256-gcm).");

    public Option<string[]> AllowPlain { get; } = new("--allow-plain")
    {
        HelpName = "ID",
        Description = "Take this backup although it is not encrypted and the policy encrypts, because it is from before. May be repeated.",
        DefaultValueFactory = _ => [],
    };

    public Option<string?> Data { get; } = Text("--data", "DIR", "The folder that is backed up, or restored into.");

    public Option<string?> Workload { get; } = Text("--workload", "KIND/NAME", "Whose data it is, such as statefulset/redis. By default the folder's own name.");

    public Option<string?> Namespace { get; } = Text("--namespace", "NAME", "The workload's namespace. [default: the pod's own, else local]");

    public Option<string?> Claim { get; } = Text("--claim", "NAME", "The workload's volume claim. [default: data]");

    public Option<string?> Cluster { get; } = Text("--cluster", "NAME", "The cluster's name in stored paths. [default: backup.cluster of the policy, else local]");

    public Option<string?> State { get; } = Text("--state", "DIR", "Where locks and marks of running work are kept. [default: $XDG_STATE_HOME/backup-runner]");

    public Option<string?> Kubeconfig { get; } = Text(
        "--kubeconfig", "FILE", "The cluster whose workload this is, from outside of it. In a pod, with --workload a StatefulSet or Deployment, it is the pod's own.");

    public Option<string?> Context { get; } = Text("--context", "NAME", "The context of the kubeconfig. [default: its current one]");

    public Option<bool> NoKube { get; } = Flag("--no-kube", "In a pod: ask nothing of the API server. Commands run here, and nothing keeps other runs away but the state folder.");

    public Option<string?> LeaseWait { get; } = Text("--lease-wait", "TIME", "How long to wait for a live run that holds the Lease, such as 10m. [default: 0s, end with exit code 7]");

    public Option<string[]> Lease { get; } = new("--lease")
    {
        HelpName = "NAME",
        Description = "A Lease to hold besides the claim's own: for a restore those of the workload's other protected claims, for a backup that runs commands in a pod those of that pod's. May be repeated.",
        DefaultValueFactory = _ => [],
    };

    public Option<string?> Report { get; } = Text("--report", "FILE", "Write the full report of the run to this file, as JSON.");

    public Option<string?> ArchivePath { get; } = Text(
        "--archive-path", "FILE", "Where commands.backup leaves its archive and commands.restore finds it. [default: /backup/backup.tar.gz]");

    public Option<OutputFormat> Output { get; } = new("--output", "-o")
    {
        Description = "What standard output shows: a table to read, or JSON for programs.",
        DefaultValueFactory = _ => OutputFormat.Table,
    };

    public Option<string?> Backup { get; } = Text("--backup", "ID", "The backup with this id.");

    public Option<string[]> Below { get; } = new("--below")
    {
        HelpName = "PATH",
        Description = "List only what lies below this path of the prefix, such as cluster/namespace/statefulset.redis. May be repeated.",
        DefaultValueFactory = _ => [],
    };

    public Option<string?> Before { get; } = Text("--before", "TIME", "The newest backup from this time or before, such as 2026-11-22T02:00:00Z.");

    public Option<bool> Latest { get; } = Flag("--latest", "The newest backup.");

    public static Option<bool> Flag(string name, string description) => new(name) { Description = description };

    /// <exception cref="RunnerException">Exit 2: the user gave nothing, as an unset variable does.</exception>
    public static string NotEmpty(string option, string value) =>
        value.Length > 0 ? value : throw new RunnerException(Reports.ExitCode.Usage, $"{option} is empty", "is a variable not set");

    static Option<string?> Text(string name, string helpName, string description) => new(name) { HelpName = helpName, Description = description };
}
