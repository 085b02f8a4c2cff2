using System.CommandLine;

namespace BackupRunner.Cli;

/// <summary>The options that only a restore has.</summary>
public sealed record RestoreFlags(bool InPlace, bool KeepOldData, bool Resume, bool AllowOtherTarget, string? FromCluster, string? From = null);

public static class RestoreVerb
{
    public const string Name = "restore";

    public static Command Create(RunOptions options, RunnerHost host)
    {
        var inPlace = InPlace();
        var keepOldData = KeepOldData();
        var resume = RunOptions.Flag("--resume", "Only finish or undo a restore that was cut short.");
        var allowOtherTarget = AllowOtherTarget();
        var fromCluster = new Option<string?>("--from-cluster") { HelpName = "NAME", Description = "Take the backup of the same workload and claim in another cluster." };
        var from = new Option<string?>("--from") { HelpName = "KIND/NAME/CLAIM", Description = "Take the backup of this workload's claim in the same namespace, such as statefulset/redis/data-redis-0, and of no other." };
        var command = new VerbCommand(Name, "Put the data of a backup in the place of what is there.", """
            The backup is named: --backup, --before or --latest. Nothing in the target is touched before all of it has arrived beside the old data,
            in .backup-restore, and is known to be good; then the two are swapped by renames, with a journal. A restore that was killed is undone or
            finished by the next one, or by --resume. If the policy's healthCommand fails, the old data is put back.

            An encrypted backup needs its key ring (--keys), which authenticates it and opens it. Where backups are encrypted, one that is not is taken only with
            --allow-plain.

            Stop the program that uses the data first. In a pod, with --workload statefulset/NAME (or deployment/NAME), the restore does that: it scales the
            workload to zero, and back, waits until it is ready, and puts the old data back when it is not. --resume starts what a killed one left stopped.

            Examples:
              backup-runner restore --store /tmp/backups --data docs --latest
              backup-runner restore --store /tmp/backups --data docs --before 2026-11-22T02:00:00Z --keep-old-data
              backup-runner restore --store /tmp/backups --data elsewhere --workload folder/docs-1a2b3c4d --latest
              backup-runner restore --policy policy.yaml --keys ring --data docs --latest
              backup-runner restore --store /tmp/backups --data docs --resume
            """)
        {
            options.Policy, options.Store, options.Credentials, options.Keys, options.Data, options.Workload, options.Namespace, options.Claim, options.Cluster,
            options.Backup, options.Before, options.Latest, inPlace, keepOldData, resume, allowOtherTarget, fromCluster, from,
            options.Kubeconfig, options.Context, options.NoKube, options.LeaseWait, options.Lease,
            options.State, options.ArchivePath, options.AllowPlain, options.Report, options.Output,
        };
        command.SetAction((call, cancel) =>
        {
            var flags = new RestoreFlags(
                call.GetValue(inPlace), call.GetValue(keepOldData), call.GetValue(resume), call.GetValue(allowOtherTarget), call.GetValue(fromCluster), call.GetValue(from));
            var said = new List<string>();
            return new VerbRun(options, host).Of(
                Name, call, async (run, stop) => said.AddRange(await new RestoreCall(run, flags, flags.Resume ? run.TrustAtHand : run.Trust, or: "--resume").Restore(stop)),
                (_, to) => said.ForEach(to.WriteLine), json: null, cancel);
        });
        return command;
    }

    public static Option<bool> InPlace() =>
        RunOptions.Flag("--in-place", "Empty the target first, after verifying the whole backup: for a volume without room for old and new.");

    public static Option<bool> KeepOldData() => RunOptions.Flag("--keep-old-data", "Keep what was there before under .backup-restore/kept.");

    public static Option<bool> AllowOtherTarget() =>
        RunOptions.Flag("--allow-other-target", "Take the backup with this id although it is another workload's or claim's.");
}
