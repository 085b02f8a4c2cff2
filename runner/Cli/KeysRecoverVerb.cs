using System.CommandLine;
using BackupRunner.Backups;
using BackupRunner.Encryption;
using BackupRunner.Names;

namespace BackupRunner.Cli;

public static class KeysRecoverVerb
{
    public static Command Create(RunOptions options, RunnerHost host)
    {
        var privateKey = new Option<string>("--private-key") { HelpName = "FILE", Description = "The private half of the policy's recoveryPublicKey, as PEM.", Required = true };
        var export = new Option<string?>("--export") { HelpName = "FILE", Description = "Write the decrypted archive (tar.gz) to this file, and restore nothing." };
        var inPlace = RestoreVerb.InPlace();
        var keepOldData = RestoreVerb.KeepOldData();
        var allowOtherTarget = RestoreVerb.AllowOtherTarget();
        var command = new VerbCommand("recover", "Restore or export a backup with the recovery key alone, when all keys of its ring are lost.", """
            Needs no cluster and no ring: the policy's recoveryPublicKey wrapped the data key of every backup that was made while it was set, and its
            private half, which is never in the cluster, opens them. docs/RECOVERY.md does the same without this program.

            It proves that a backup is whole, not who made it: everybody who knows the public key and can write the store can make one.

            Examples:
              backup-runner keys recover --private-key recovery.pem --store bucket-copy --workload statefulset/redis --namespace shop \
                  --cluster prod --claim data-redis-0 --latest --data redis-data
              backup-runner keys recover --private-key recovery.pem --store bucket-copy --data docs --latest --export docs.tar.gz
            """)
        {
            privateKey, export,
            options.Policy, options.Store, options.Credentials, options.Data, options.Workload, options.Namespace, options.Claim, options.Cluster,
            options.Kubeconfig, options.Context, options.NoKube, options.LeaseWait, options.Lease,
            options.Backup, options.Before, options.Latest, inPlace, keepOldData, allowOtherTarget,
            options.State, options.ArchivePath, options.Report, options.Output,
        };
        command.SetAction((call, cancel) =>
        {
            var flags = new RestoreFlags(call.GetValue(inPlace), call.GetValue(keepOldData), Resume: false, call.GetValue(allowOtherTarget), FromCluster: null);
            var said = new List<string>();
            return new VerbRun(options, host).Of(
                "keys recover", call,
                async (run, stop) =>
                {
                    using var recovery = RecoveryPrivateKey.Read(RunOptions.NotEmpty("--private-key", call.GetValue(privateKey)!));
                    // Only what is encrypted: a plain backup needs no recovery, and one in its place may be planted.
                    var trust = new ManifestTrust(new RecoveryUnwrapper(recovery), RequiresEncryption: true, new HashSet<BackupId>()) { OffersAllowPlain = false };
                    said.AddRange(call.GetValue(export) is { } file
                        ? await new Export(run, trust, flags.AllowOtherTarget).To(RunOptions.NotEmpty("--export", file), stop)
                        : await new RestoreCall(run, flags, trust, or: null).Restore(stop));
                },
                (_, to) => said.ForEach(to.WriteLine), json: null, cancel);
        });
        return command;
    }
}
