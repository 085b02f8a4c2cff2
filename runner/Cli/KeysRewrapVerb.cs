using System.CommandLine;
using BackupRunner.Backups;
using BackupRunner.Reports;

namespace BackupRunner.Cli;

public static class KeysRewrapVerb
{
    public static Command Create(RunOptions options, RunnerHost host)
    {
        var command = new VerbCommand("rewrap", "Make the current key the only one that the backups of a series need.", """
            For every backup whose data key is wrapped by an older key of the ring: wraps it by the current one, reads that back, and only then removes
            the old wrap. Archives and manifests are not written again. Every backup does this at its end, for its own series; a series that is backed
            up no more needs it by hand before an old key can go.

            Examples:
              backup-runner keys rewrap --store /tmp/backups --data docs --keys ring
              backup-runner keys rewrap --policy policy.yaml --keys ring --workload statefulset/redis --namespace shop --claim data-redis-0
            """)
        {
            options.Policy, options.Store, options.Credentials, options.Keys, options.Data, options.Workload, options.Namespace, options.Claim, options.Cluster,
            options.State, options.Report, options.Output,
        };
        command.SetAction((call, cancel) => new VerbRun(options, host).Of("keys rewrap", call, Rewrap, Print, json: null, cancel));
        return command;
    }

    static async Task Rewrap(RunContext run, CancellationToken cancel)
    {
        var setup = run.Setup;
        var series = setup.RequiredSeries;
        using var held = RunLock.OfSeries(setup.State, series, "keys rewrap");
        // Also where there is nothing to do, a ring that cannot be used is said.
        _ = run.RequiredRing;
        var rewrapping = new Rewrapping(setup.Store, setup.OpenRing);
        try
        {
            var backups = await run.Catalog.Objects(series, cancel).ToListAsync(cancel);
            if (!backups.Exists(backup => backup.HasManifest))
                throw new RunnerException(ExitCode.Usage, $"there is no backup of {series}", "\"list\" shows what there is");
            await rewrapping.Run(backups, cancel);
        }
        finally
        {
            run.Rewrap = rewrapping.Report;
        }
        RunnerException.ThrowAll(rewrapping.Failures);
    }

    static void Print(RunContext run, TextWriter to) =>
        to.WriteLine(run.Rewrap is { Done: > 0 } rewrap ? $"rewrapped {rewrap.Done}, by key {rewrap.KeyId}" : $"nothing to do: no backup needs another key of the ring than {run.RequiredRing.Current.Id}");
}
