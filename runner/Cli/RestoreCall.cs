using BackupRunner.Backups;
using BackupRunner.Hooks;
using BackupRunner.Names;
using BackupRunner.Policy;
using BackupRunner.Reports;
using BackupRunner.Restore;

namespace BackupRunner.Cli;

/// <summary>One call of <c>restore</c>: finds the backup, holds what must be held, and puts the data in place.</summary>
/// <param name="trust">Which backups are believed, and what opens them.</param>
/// <param name="or">What the verb takes in the place of a selection; null: nothing.</param>
sealed class RestoreCall(RunContext run, RestoreFlags flags, ManifestTrust trust, string? or)
{
    readonly RunSetup setup = run.Setup;
    readonly SeriesId series = run.Setup.RequiredSeries;
    readonly string target = run.Setup.RequiredData;

    SeriesId Source => flags.FromCluster is { } cluster ? series with { Cluster = cluster } : series;

    BackupCatalog Catalog => new(setup.Store, setup.Prefix, trust);

    BackupFinder Finder => new(Catalog, flags.AllowOtherTarget);

    /// <returns>What was done, for the user.</returns>
    public async Task<IReadOnlyList<string>> Restore(CancellationToken cancel)
    {
        RequireApart("the store", setup.StorePath);
        RequireApart("the state folder", FolderSeries.RealPathOf(setup.State));
        RequireApart("the key ring", setup.KeysPath);
        var selection = flags.Resume ? null : run.Selection(or);
        using var seriesHeld = RunLock.OfSeries(setup.State, series, "restore");
        using var targetHeld = RunLock.OfData(setup.State, target, "restore");
        return selection is null ? await Resume(cancel) : await Restore(selection, cancel);
    }

    async Task<IReadOnlyList<string>> Restore(Selection selection, CancellationToken cancel)
    {
        var chosen = await Find(selection, cancel);
        using var sourceHeld = chosen.Keys.Series == series ? null : RunLock.OfSeries(setup.State, chosen.Keys.Series, $"restore of {chosen.Keys.Id}");
        using var backup = await Open(chosen, cancel);
        var plan = RestorePlan.For(backup.Id, setup.Policy, setup.TemplateModel(backup.Id));
        run.Progress.Begin($"restoring {backup.Id}", backup.Manifest.Archive.TarBytes);
        var outcome = plan.Script is { } script ? await ByScript(plan, script, backup, cancel) : await Volume(plan).Run(backup, cancel);
        run.Backups.Add(Reported.Of(backup.Manifest));
        return Told(outcome, [$"restored {backup.Id} into {target}"]);
    }

    async Task<IReadOnlyList<string>> Resume(CancellationToken cancel)
    {
        string[] nothing = [$"no unfinished restore in {target}"];
        if (!Directory.Exists(target))
            return nothing;
        // Without a journal there may be staging to remove, and then no command of the plan is run.
        var id = UnfinishedRestore.Find(target) is [var unfinished, ..] ? unfinished.Id : BackupId.New(run.Host.Time.GetUtcNow(), new byte[BackupId.RandomBytes]);
        var plan = RestorePlan.For(id, setup.Policy, setup.TemplateModel(id));
        var anywhere = new BackupFinder(Catalog, allowOtherTarget: true);
        StoredBackup? opened = null;
        try
        {
            var outcome = await Volume(plan).Resume(
                async (again, stop) => opened = await Open((await anywhere.Find(Source, new Selection { Id = again }, stop)).Entry, stop), cancel);
            return outcome is { Restored: null, Settled.Count: 0 } ? nothing : Told(outcome, []);
        }
        finally
        {
            opened?.Dispose();
        }
    }

    /// <summary>commands.restore empties and extracts by itself: neither staged nor undone.</summary>
    async Task<RestoreOutcome> ByScript(RestorePlan plan, ArchiveScript script, StoredBackup backup, CancellationToken cancel)
    {
        var settled = Directory.Exists(target)
            ? await Volume(plan).Resume((id, _) => throw InPlaceLeft(id), cancel)
            : new RestoreOutcome(null, [], [], []);
        await CommandRestore.Run(run.Shell, script, backup.Manifest.Stored.Bytes, backup.CopyTo, cancel);
        if (plan.HealthCommand is not null)
            await Health(plan)(cancel);
        return settled;
    }

    async Task<CatalogEntry> Find(Selection selection, CancellationToken cancel)
    {
        var chosen = await Finder.Find(Source, selection, cancel);
        foreach (var warning in chosen.Warnings)
            run.Log.Warn(warning);
        return chosen.Entry;
    }

    Task<StoredBackup> Open(CatalogEntry entry, CancellationToken cancel) => StoredBackup.Open(setup.Store, entry, trust, setup.Policy.Restore.Owner, run.Watch, cancel);

    VolumeRestore Volume(RestorePlan plan)
    {
        var policy = setup.Policy.Restore;
        return new VolumeRestore(
            new RestoreOptions
            {
                Target = target,
                AllowMissingTarget = true,
                InPlace = flags.InPlace || policy.InPlace,
                KeepOldData = flags.KeepOldData || policy.KeepOldData,
                Undo = policy.Undo,
            },
            new RestoreHooks { Health = plan.HealthCommand is null ? null : Health(plan), Progress = run.Log.Say });
    }

    Func<CancellationToken, Task> Health(RestorePlan plan) => async cancel =>
    {
        var result = await run.Shell.Run(new ShellCommand(PolicyTemplates.Health, plan.HealthCommand!), setup.Policy.Restore.StartTimeout, cancel);
        if (result.TimedOut)
            throw new RunnerException(ExitCode.Command, $"{PolicyTemplates.Health} did not end within {DurationText.Of(setup.Policy.Restore.StartTimeout)}", "backup.restore.startTimeout sets how long it may take");
        if (!result.Succeeded)
            throw new RunnerException(ExitCode.Command, $"{PolicyTemplates.Health} {result.Failure}");
        // A client of Redis exits 0 when the server refuses.
        if (RedisSave.Of(plan.HealthCommand!).SpeaksRedis && RedisReply.Refusal(result, PolicyTemplates.Health) is { } refusal)
            throw refusal;
    };

    List<string> Told(RestoreOutcome outcome, List<string> lines)
    {
        foreach (var warning in outcome.Warnings)
            run.Log.Warn(warning);
        lines.AddRange(outcome.Settled.Select(settled => $"an earlier restore of {settled.Id} was {settled.How.ToString().ToLowerInvariant()}"));
        lines.AddRange(outcome.Kept.Select(kept => $"kept {kept}"));
        return lines;
    }

    void RequireApart(string what, string? path)
    {
        if (path is not null && DataFolder.IsInside(path, target))
            throw new RunnerException(ExitCode.Usage, $"{what} \"{path}\" is inside the target \"{target}\": a restore would move it away", "name one elsewhere");
    }

    static RunnerException InPlaceLeft(BackupId id) => new(
        ExitCode.Volume, $"an in-place restore of {id} ended half-way, and commands.restore cannot finish it",
        "finish it with \"restore --resume\" and a policy without commands.restore");
}
