using System.CommandLine;
using BackupRunner.Policy;
using BackupRunner.Reports;

namespace BackupRunner.Cli;

/// <summary>The options that only a verification has.</summary>
/// <param name="Mode">Null: the policy's, else checksum.</param>
/// <param name="Scratch">As it was given; null: not at all.</param>
public sealed record VerifyFlags(bool All, VerificationMode? Mode, string? Scratch, bool InContainer);

public static class VerifyVerb
{
    public static Command Create(RunOptions options, RunnerHost host)
    {
        var all = RunOptions.Flag("--all", "Every backup of the series.");
        var mode = new Option<VerificationMode?>("--mode")
        {
            HelpName = "checksum|full",
            Description = "How much is proven. [default: backup.verification.mode of the policy, else checksum]",
            CustomParser = result => PolicyWords.VerificationModes.TryGetValue(result.Tokens[0].Value, out var known) ? known : Unknown(result),
        };
        var scratch = new Option<string?>("--scratch") { HelpName = "DIR", Description = "With --mode full: where the backup is extracted to. Empty or not there; what is extracted is removed again." };
        var inContainer = RunOptions.Flag("--in-container", "With --mode full, in a pod: backup.verification.command runs in the pod's second container, \"workload\", which has the programs of the workload.");
        var command = new VerbCommand("verify", "Read a backup back and compare all of it with its manifest.", """
            Proves the manifest by its MAC when it is encrypted, and reads the whole object: its SHA-256, its checksum file, every gzip member, every header of the archive, and the numbers of files and bytes.
            Nothing is written. Exit 5 when anything is not as it was stored.

            With --mode full the backup is also extracted, into a folder of its own in --scratch; what lies there is counted and compared with the manifest; and the policy's verification.command
            runs in it (Values.dataPath), where it can open the data with the programs that will have to. Exit 3 when it fails. Exit 6 when the folder has too little room, which is told before anything is extracted.

            No Lease and no lock is taken: a backup that is removed meanwhile is told of as that, and not as damaged.

            Examples:
              backup-runner verify --store /tmp/backups --data docs --latest
              backup-runner verify --store /tmp/backups --data docs --all --output json
              backup-runner verify --policy redis.yaml --keys ring --workload statefulset/redis --claim data-redis-0 --latest --mode full --scratch /var/tmp/look
            """)
        {
            options.Policy, options.Store, options.Credentials, options.Keys, options.Data, options.Workload, options.Namespace, options.Claim, options.Cluster,
            options.Backup, options.Before, options.Latest, all, mode, scratch, inContainer, options.ArchivePath, options.AllowPlain, options.Report, options.Output,
        };
        command.SetAction((call, cancel) => new VerbRun(options, host).Of(
            "verify", call,
            (run, stop) => new VerifyCall(run, new VerifyFlags(call.GetValue(all), call.GetValue(mode), call.GetValue(scratch), call.GetValue(inContainer))).Verify(stop),
            Print, json: null, cancel));
        return command;
    }

    static VerificationMode? Unknown(System.CommandLine.Parsing.ArgumentResult result)
    {
        result.AddError($"--mode \"{result.Tokens[0].Value}\" is not known; it is checksum or full");
        return null;
    }

    static void Print(RunContext run, TextWriter to)
    {
        var also = run.Verification == PolicyWords.Of(VerificationMode.Full) ? ", and extracted to be looked at" : "";
        foreach (var backup in run.Backups)
            to.WriteLine($"{backup.Id}   as it was stored: {Sizes.Bytes(backup.StoredBytes)}, SHA-256 {backup.Sha256}{also}");
    }
}
