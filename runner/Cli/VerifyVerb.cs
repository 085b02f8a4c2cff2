using System.CommandLine;
using BackupRunner.Backups;
using BackupRunner.Reports;

namespace BackupRunner.Cli;

public static class VerifyVerb
{
    public static Command Create(RunOptions options, RunnerHost host)
    {
        var all = RunOptions.Flag("--all", "Every backup of the series.");
        var command = new VerbCommand("verify", "Read a backup back and compare all of it with its manifest.", """
            Proves the manifest by its MAC when it is encrypted, and reads the whole object: its SHA-256, its checksum file, every gzip member, every header of the archive, and the numbers of files and bytes.
            Nothing is written. Exit 5 when anything is not as it was stored.

            Examples:
              backup-runner verify --store /tmp/backups --data docs --latest
              backup-runner verify --store /tmp/backups --data docs --all --output json
            """)
        {
            options.Policy, options.Store, options.Credentials, options.Keys, options.Data, options.Workload, options.Namespace, options.Claim, options.Cluster,
            options.Backup, options.Before, options.Latest, all, options.AllowPlain, options.Report, options.Output,
        };
        command.SetAction((call, cancel) =>
            new VerbRun(options, host).Of("verify", call, (run, stop) => Verify(run, call.GetValue(all), stop), Print, json: null, cancel));
        return command;
    }

    static async Task Verify(RunContext run, bool all, CancellationToken cancel)
    {
        var setup = run.Setup;
        var series = setup.RequiredSeries;
        var selection = all ? null : run.Selection("--all");
        var entries = await run.Catalog.OfSeries(series, cancel).ToListAsync(cancel);
        if (selection is not null)
        {
            var chosen = selection.Choose(entries, series.ToString());
            foreach (var warning in chosen.Warnings)
                run.Log.Warn(warning);
            entries = [chosen.Entry];
        }
        else if (!entries.Exists(entry => entry.HasManifest))
        {
            throw new RunnerException(ExitCode.Usage, $"there is no backup of {series}", "\"list\" shows what there is");
        }
        var failures = new List<RunnerException>();
        foreach (var entry in entries.Where(entry => entry.HasManifest))
            await VerifyOne(run, entry, failures, cancel);
        if (failures.Count == 1)
            throw failures[0];
        if (failures.Count > 1)
        {
            throw new RunnerException(
                failures[0].ExitCode,
                $"{failures.Count} backups {(failures.TrueForAll(failure => failure.ExitCode == ExitCode.Integrity) ? "are not as they were stored" : "could not be verified")}:\n  {string.Join("\n  ", failures.Select(failure => failure.Message))}",
                failures[0].Hint);
        }
    }

    static async Task VerifyOne(RunContext run, CatalogEntry entry, List<RunnerException> failures, CancellationToken cancel)
    {
        try
        {
            if (entry.Problem is not null)
                throw entry.Problem;
            run.Progress.Begin($"verifying {entry.Keys.Id}", entry.Manifest!.Archive.TarBytes);
            using var backup = await StoredBackup.Open(run.Setup.Store, entry, run.Trust, owner: null, run.Watch, cancel);
            await backup.Verify(cancel);
            if (await backup.ChecksumProblem(cancel) is { } problem)
                throw new RunnerException(ExitCode.Integrity, problem, "the manifest and the data agree: the backup can be restored");
            run.Backups.Add(Reported.Of(entry.Manifest));
        }
        catch (RunnerException failure)
        {
            failures.Add(failure);
            var result = StatusOf(entry, failure).ToString().ToLowerInvariant();
            run.Backups.Add(entry.Manifest is { } manifest
                ? Reported.Of(manifest, result, failure.Message)
                : new ReportedBackup(entry.Keys.Id.Text, result, null, null, entry.StoredBytes, Problem: failure.Message));
        }
    }

    static BackupStatus StatusOf(CatalogEntry entry, RunnerException failure) => failure.ExitCode switch
    {
        _ when !entry.Complete => entry.Status,
        ExitCode.Usage => BackupStatus.Locked,
        ExitCode.Storage => BackupStatus.Unreadable,
        _ => BackupStatus.Damaged,
    };

    static void Print(RunContext run, TextWriter to)
    {
        foreach (var backup in run.Backups)
            to.WriteLine($"{backup.Id}   as it was stored: {Sizes.Bytes(backup.StoredBytes)}, SHA-256 {backup.Sha256}");
    }
}
