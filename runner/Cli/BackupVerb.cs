using System.CommandLine;
using System.Security.Cryptography;
using BackupRunner.Backups;
using BackupRunner.Names;
using BackupRunner.Policy;
using BackupRunner.Restore;

namespace BackupRunner.Cli;

public static class BackupVerb
{
    const int ToldFailures = 3;

    public static Command Create(RunOptions options, RunnerHost host)
    {
        var command = new VerbCommand("backup", "Back up a folder.", """
            Streams the folder through tar, gzip, encryption (--keys) and SHA-256 into the store, without a scratch disk and in constant memory. Everything is kept: owners,
            modes, times, hard links, holes, access control lists, extended attributes. The manifest is stored last; before it, there is no
            backup. Afterwards the retention of this series is applied, and the data keys of its older backups are wrapped by the ring's current key.

            With a policy, a consistency command (redis-cli BGSAVE) runs first, the workload can be frozen meanwhile, and a script of your own can
            take the place of the archiver.

            In a pod, --workload statefulset/NAME (or deployment/NAME) makes it a run in the cluster: the commands run in the workload's container, the claim's
            Lease keeps other runs away, and the run ends when the workload's pod is deleted, so that the volume can follow it.

            Examples:
              backup-runner backup --data docs --store /tmp/backups
              backup-runner backup --data docs --store /tmp/backups --keys ring
              backup-runner backup --policy redis.yaml --data /var/lib/redis --workload statefulset/redis --claim data-redis-0
            """)
        {
            options.Policy, options.Store, options.Credentials, options.Keys, options.Data, options.Workload, options.Namespace, options.Claim, options.Cluster,
            options.Kubeconfig, options.Context, options.NoKube, options.LeaseWait, options.Lease, options.State, options.ArchivePath, options.Report, options.Output,
        };
        command.SetAction((call, cancel) => new VerbRun(options, host).Of("backup", call, Backup, Print, json: null, cancel));
        return command;
    }

    static async Task Backup(RunContext run, CancellationToken cancel)
    {
        var setup = run.Setup;
        var series = setup.RequiredSeries;
        var data = setup.RequiredData;
        var id = BackupId.New(run.Host.Time.GetUtcNow(), RandomNumberGenerator.GetBytes(BackupId.RandomBytes));
        _ = run.Trust;
        run.WarnOfLints();
        if (setup is { Keys: not null, Encryption: null })
            run.Log.Warn("keys are given, and the policy does not encrypt: this backup is stored in the clear");
        DataFolder.Require(data, setup.StorePath, setup.KeysPath);

        await run.Site.HoldForBackup(id, data, cancel);
        await run.Site.During(stop => BackUp(run, new BackupKeys(setup.Prefix, series, id), data, stop), cancel);
    }

    static async Task BackUp(RunContext run, BackupKeys keys, string data, CancellationToken cancel)
    {
        var setup = run.Setup;
        if (UnfinishedRestore.Refusal(data, UnfinishedRestore.Find(data)) is { } unfinished)
        {
            await run.ThawLeftover(cancel);
            throw unfinished;
        }
        var workload = await run.Site.Workload(cancel);
        var plan = BackupPlan.For(keys, data, setup.Policy, setup.PolicySha256, setup.TemplateModel(keys.Id, workload)) with { Encryption = setup.Encryption };
        run.Site.Enter("backup");
        run.Progress.Begin($"backing up {data}", totalBytes: null);
        var completed = await BesideEstimate(run, keys.Series, data, () => new BackupRun(plan, setup.Store, workload, run.Watch, run.Host.Time).Run(cancel), cancel);
        run.Progress.End();
        run.Site.Enter("retention");
        run.Backups.Add(Reported.Of(completed.Manifest, key: completed.KeyId));
        await ApplyRetention(run, keys.Series, completed.StoredAt, cancel);
        if (setup.Encryption is not null)
            await RewrapOlder(run, keys.Series, cancel);
    }

    /// <summary>Only after a success, and never failing it.</summary>
    static async Task ApplyRetention(RunContext run, SeriesId series, DateTimeOffset storeNow, CancellationToken cancel)
    {
        var setup = run.Setup;
        var pruning = new Pruning(setup.Store, dryRun: false);
        List<CatalogEntry>? entries = null;
        try
        {
            entries = await run.Catalog.OfSeries(series, cancel).ToListAsync(cancel);
            var retention = setup.Policy.Retention;
            await pruning.Expire(entries, retention.KeepCount, retention.RemoteRetention, run.Host.Time.GetUtcNow(), cancel);
            await pruning.Sweep(entries, BackupKeys.SeriesFolder(setup.Prefix, series), setup.Prefix, storeNow, isLive: _ => false, cancel);
        }
        catch (RunnerException failure)
        {
            run.Log.Warn($"the backup is stored, but retention was not applied: {failure.Message}");
        }
        catch (OperationCanceledException)
        {
            run.Log.Warn("the backup is stored, but a signal cut retention short: the next run applies it");
        }
        run.Retained = entries is null ? null : Reported.Catalog(entries, pruning.Gone);
        run.Deleted.AddRange(pruning.Deleted);
        foreach (var warning in pruning.Warnings)
            run.Log.Warn(warning);
    }

    /// <summary>Only after a success, and never failing it: the keys that are still needed stay in the ring.</summary>
    static async Task RewrapOlder(RunContext run, SeriesId series, CancellationToken cancel)
    {
        var rewrapping = new Rewrapping(run.Setup.Store, run.Setup.OpenRing);
        try
        {
            await rewrapping.Run(await run.Catalog.Objects(series, cancel).ToListAsync(cancel), cancel);
        }
        catch (RunnerException failure)
        {
            run.Log.Warn($"the backup is stored, but older ones were not wrapped by the current key: {failure.Message}");
        }
        catch (OperationCanceledException)
        {
            run.Log.Warn("the backup is stored, but a signal kept older ones from being wrapped by the current key: the next run does it");
        }
        run.Rewrap = rewrapping.Report;
        foreach (var failure in rewrapping.Failures.Take(ToldFailures))
            run.Log.Warn($"the old key stays in use: {failure.Message}");
        if (rewrapping.Report is { Left.Count: > ToldFailures } rewrap)
            run.Log.Warn($"the old key stays in use for {rewrap.Left.Count} backups in all; the report lists them");
    }

    static async Task<CompletedBackup> BesideEstimate(RunContext run, SeriesId series, string data, Func<Task<CompletedBackup>> backUp, CancellationToken cancel)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var estimate = EstimateTotal(run, series, data, enough.Token);
        try
        {
            return await backUp();
        }
        finally
        {
            await enough.CancelAsync();
            await estimate;
        }
    }

    /// <summary>For the bar on a terminal, and the percent on a Lease; where the whole cannot be told they go without.</summary>
    static async Task EstimateTotal(RunContext run, SeriesId series, string data, CancellationToken cancel)
    {
        try
        {
            if (run.Host.Terminal)
                run.Progress.TotalBytes = await DataFolder.UsedBytes(data, apparent: true, cancel);
            else if (run.Setup.Kube is not null)
                run.Progress.TotalBytes = await BackupEstimate.ByTheLast(run.Catalog, series, cancel) ?? await DataFolder.UsedBytes(data, apparent: true, cancel);
        }
        catch (OperationCanceledException)
        {
        }
    }

    static void Print(RunContext run, TextWriter to)
    {
        var setup = run.Setup;
        var backup = run.Backups[0];
        to.WriteLine($"backed up {setup.Data} to {setup.Store.Address}");
        to.WriteLine($"  id        {backup.Id}");
        to.WriteLine($"  series    {setup.Series}");
        to.WriteLine(backup.Files is null
            ? $"  stored    {Sizes.Bytes(backup.StoredBytes)}, made by commands.backup"
            : $"  stored    {backup.Files} files of {Sizes.Bytes(backup.Bytes ?? 0)}, as {Sizes.Bytes(backup.StoredBytes)}");
        if (backup.KeyId is not null)
            to.WriteLine($"  encrypted {PolicyWords.Of(setup.Policy.Settings.Encryption.Algorithm)}, key {backup.KeyId}");
        if (run.Rewrap is { Done: > 0 })
            to.WriteLine($"  rewrapped {run.Rewrap.Done} older, by the same key");
        if (run.Deleted.Count > 0)
            to.WriteLine($"  retention removed {run.Deleted.Count(deleted => deleted.Problem is null)}");
        to.WriteLine($"restore it with: backup-runner restore {run.SameTarget()} --backup {backup.Id}");
    }
}
