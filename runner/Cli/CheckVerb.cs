using System.CommandLine;
using BackupRunner.Backups;
using BackupRunner.Names;
using BackupRunner.Policy;
using BackupRunner.Reports;
using BackupRunner.Restore;
using BackupRunner.Storage;

namespace BackupRunner.Cli;

public static class CheckVerb
{
    public static Command Create(RunOptions options, RunnerHost host)
    {
        var command = new VerbCommand("check", "Prove that a backup and a restore can work, and leave everything as it was.", """
            Checks the policy and its lints, renders every template, reads the key ring and encrypts with it, reads the data folder, writes, reads, lists and deletes an object of its own in
            the store, begins and aborts an upload, looks for uploads that killed runs left behind, and compares the free space with what a
            staged restore needs. All that is wrong is told at once; the exit code is that of the first.

            Examples:
              backup-runner check --store /tmp/backups --data docs
              backup-runner check --policy policy.yaml --data /var/lib/redis --workload statefulset/redis --claim data-redis-0
            """)
        {
            options.Policy, options.Store, options.Credentials, options.Keys, options.Data, options.Workload, options.Namespace, options.Claim, options.Cluster,
            options.Kubeconfig, options.Context, options.NoKube, options.LeaseWait, options.Lease, options.State, options.ArchivePath, options.Report, options.Output,
        };
        command.SetAction((call, cancel) => new VerbRun(options, host).Of("check", call, Check, (_, _) => { }, json: null, cancel));
        return command;
    }

    static async Task Check(RunContext run, CancellationToken cancel)
    {
        var setup = run.Setup;
        var series = setup.RequiredSeries;
        var data = setup.RequiredData;
        var id = BackupId.New(run.Host.Time.GetUtcNow(), new byte[BackupId.RandomBytes]);
        run.WarnOfLints();
        var checks = new Checks(run.Json ? TextWriter.Null : run.Host.Out);

        await checks.Run(setup.Kube is null ? "state folder" : "Lease", () => run.Site.HoldForCheck(data, cancel));
        await checks.Run(setup.Kube is null ? "policy and templates" : "policy, templates and the workload's pod", async () =>
        {
            var workload = await run.Site.Workload(cancel);
            var model = setup.TemplateModel(id, workload);
            RestorePlan.For(id, setup.Policy, model);
            BackupPlan.For(new BackupKeys(setup.Prefix, series, id), data, setup.Policy, setup.PolicySha256, model).ThrowRefusals();
            if (await workload.FrozenMark.Read(cancel) is { } frozen)
                run.Log.Warn($"backup \"{frozen.BackupId}\" was killed while it had the workload frozen: the next backup thaws it first");
        });
        if (setup.Encryption is not null)
        {
            await checks.Run($"key ring, and {PolicyWords.Of(setup.Policy.Settings.Encryption.Algorithm)}", async () =>
            {
                _ = run.Trust;
                using var envelope = new Envelope(setup.Encryption, new BackupKeys(setup.Prefix, series, id));
                await envelope.Prove(cancel);
            });
        }
        await checks.Run($"data folder {data}", () =>
        {
            DataFolder.Require(data, setup.StorePath, setup.KeysPath);
            return UnfinishedRestore.Refusal(data, UnfinishedRestore.Find(data)) is { } unfinished ? throw unfinished : Task.CompletedTask;
        });
        await checks.Run($"store {setup.Store.Address}", () => CheckStore(run, BackupKeys.ClusterFolder(setup.Prefix, series.Cluster), cancel));
        await checks.Run("space for a restore", () => WarnOfSpace(run, data, cancel));
        checks.ThrowAll();
    }

    static async Task CheckStore(RunContext run, string folder, CancellationToken cancel)
    {
        var storeNow = await StoreProbe.Run(run.Setup.Store, folder, cancel);
        var abandoned = await AbandonedUploads.Of(run.Setup.Store, folder, run.Setup.Prefix, storeNow, cancel).CountAsync(cancel);
        if (abandoned > 0)
            run.Log.Warn($"{abandoned} unfinished uploads below \"{folder}\" are older than a day: the store may charge for them; prune removes them");
    }

    /// <summary>A volume that is too full for a staged restore can still be backed up, and be restored in place.</summary>
    static async Task WarnOfSpace(RunContext run, string data, CancellationToken cancel)
    {
        if (run.Setup.Policy.Restore.InPlace || !Directory.Exists(data) || await DataFolder.UsedBytes(data, apparent: false, cancel) is not { } used)
            return;
        var free = new DriveInfo(data).AvailableFreeSpace;
        if (free < used)
        {
            run.Log.Warn(
                $"the data uses {Sizes.Bytes(used)} and {Sizes.Bytes(free)} are free beside it: a restore stages the new data beside the old; "
                + "make room, or restore with --in-place");
        }
    }
}
