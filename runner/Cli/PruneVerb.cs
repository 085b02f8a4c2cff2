using System.CommandLine;
using BackupRunner.Backups;
using BackupRunner.Names;
using BackupRunner.Storage;

namespace BackupRunner.Cli;

public static class PruneVerb
{
    public static Command Create(RunOptions options, RunnerHost host)
    {
        var dryRun = RunOptions.Flag("--dry-run", "Show what would go and why, and remove nothing.");
        var command = new VerbCommand("prune", "Remove the backups that the retention lets go, and what killed runs left behind.", """
            The newest keepCount backups of a series stay, however old they are; of the others, those older than remoteRetention go.
            Where the policy encrypts, a backup that is not encrypted neither counts nor goes, unless --allow-plain names it.
            Uploads without a manifest go once nothing has touched them for a day. Every backup does this at its end, for its own series.

            Examples:
              backup-runner prune --store /tmp/backups --data docs --dry-run
              backup-runner prune --policy policy.yaml --workload statefulset/redis --namespace shop --claim data-redis-0
            """)
        {
            options.Policy, options.Store, options.Credentials, options.Keys, options.Data, options.Workload, options.Namespace, options.Claim, options.Cluster, dryRun,
            options.Kubeconfig, options.Context, options.NoKube, options.LeaseWait, options.State, options.AllowPlain, options.Report, options.Output,
        };
        command.SetAction((call, cancel) => new VerbRun(options, host).Of("prune", call, (run, stop) => Prune(run, call.GetValue(dryRun), stop), Print, json: null, cancel));
        return command;
    }

    static async Task Prune(RunContext run, bool dryRun, CancellationToken cancel)
    {
        var setup = run.Setup;
        var series = setup.RequiredSeries;
        run.DryRun = dryRun;
        await run.Site.HoldForPrune(cancel);
        await run.Site.During(stop => Prune(run, series, dryRun, stop), cancel);
    }

    static async Task Prune(RunContext run, SeriesId series, bool dryRun, CancellationToken cancel)
    {
        var setup = run.Setup;
        run.Site.Enter("prune");
        await run.ThawLeftover(cancel);
        var catalog = run.Catalog;
        var pruning = new Pruning(setup.Store, dryRun);
        var clusterFolder = BackupKeys.ClusterFolder(setup.Prefix, series.Cluster);
        var now = run.Host.Time.GetUtcNow();
        List<CatalogEntry>? entries = null;
        try
        {
            // Before anything is written: a store that is not there, or not mounted, is not to be made.
            entries = await catalog.OfSeries(series, cancel).ToListAsync(cancel);
            // The objects' ages are by the store's clock; a dry run writes nothing and takes ours.
            var storeNow = dryRun ? now : await StoreProbe.Time(setup.Store, clusterFolder, cancel);
            var retention = setup.Policy.Retention;
            await pruning.Expire(entries, retention.KeepCount, retention.RemoteRetention, now, cancel);
            var orphans = await catalog.Unfinished(series.Cluster, cancel).ToListAsync(cancel);
            await pruning.Sweep(orphans, clusterFolder, setup.Prefix, storeNow, other => other != series && run.Site.MayBeAtWork(other), cancel);
        }
        finally
        {
            run.Retained = entries is null ? null : Reported.Catalog(entries, pruning.Gone);
            run.Deleted.AddRange(pruning.Deleted);
            foreach (var warning in pruning.Warnings)
                run.Log.Warn(warning);
        }
    }

    static void Print(RunContext run, TextWriter to)
    {
        if (run.Deleted.Count == 0)
            to.WriteLine("nothing to remove");
        foreach (var deleted in run.Deleted.Where(deleted => deleted.Problem is null))
            to.WriteLine($"{(run.DryRun ? "would remove" : "removed")} {deleted.What}: {deleted.Reason}");
    }
}
