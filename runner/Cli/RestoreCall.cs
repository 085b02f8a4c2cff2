using BackupRunner.Backups;
using BackupRunner.Cluster;
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

    DataState left = DataState.Untouched;

    /// <summary>Whose backups are looked for.</summary>
    readonly SeriesId source = SourceOf(run.Setup.RequiredSeries, flags);

    BackupCatalog Catalog => new(setup.Store, setup.Prefix, trust);

    /// <summary>Null: the user stops and starts what uses the data.</summary>
    WorkloadPause? Pause => run.Site.Middleware is { } middleware ? new WorkloadPause(middleware, target, run.Site.Enter, run.Host.Time) : null;

    Task<RestoreOutcome> Paused(Func<Task<RestoreOutcome>> restore, CancellationToken cancel) => Pause is { } pause ? pause.Around(restore, cancel) : restore();

    BackupFinder Finder => new(Catalog, flags.AllowOtherTarget);

    /// <returns>What was done, for the user.</returns>
    public async Task<IReadOnlyList<string>> Restore(CancellationToken cancel)
    {
        RequireApart("the store", setup.StorePath);
        RequireApart("the state folder", FolderSeries.RealPathOf(setup.State));
        RequireApart("the key ring", setup.KeysPath);
        var selection = flags.Resume ? null : run.Selection(or);
        await run.Site.HoldForRestore(target, cancel);
        IReadOnlyList<string> lines = [];
        await run.Site.During(
            async stop =>
            {
                try
                {
                    await run.ThawLeftover(stop);
                    lines = selection is null ? await Resume(stop) : await Restore(selection, stop);
                }
                finally
                {
                    run.Data = Left;
                }
            },
            cancel);
        return lines;
    }

    DataState Left => run.Site.Middleware?.OpenScript is not null || left == DataState.Untouched && IsHalfWay ? DataState.Unsettled : left;

    /// <summary>An earlier restore has ended half-way, and this run did not come to settling it.</summary>
    bool IsHalfWay
    {
        get
        {
            try
            {
                return Directory.Exists(target) && UnfinishedRestore.Find(target).Any(restore => restore.Phase != JournalPhase.Accepted);
            }
            catch (RunnerException)
            {
                return Path.Exists(Path.Join(target, RestoreLayout.Folder)); // what cannot be read may be anything
            }
        }
    }

    async Task<IReadOnlyList<string>> Restore(Selection selection, CancellationToken cancel)
    {
        var chosen = await Find(selection, cancel);
        if (chosen.Keys.Series != series)
            run.Site.HoldSource(chosen.Keys.Series, chosen.Keys.Id);
        using var backup = await Open(chosen, cancel);
        var plan = await Plan(backup.Id, cancel);
        if (run.Site.Middleware is { } middleware)
            await middleware.Preflight(cancel);
        run.Site.Enter("restore");
        run.Progress.Begin($"restoring {backup.Id}", backup.Manifest.Archive.TarBytes);
        run.Backups.Add(Reported.Of(backup.Manifest));
        var outcome = await Paused(() => plan.Script is { } script ? ByScript(plan, script, backup, cancel) : Volume(plan).Run(backup, cancel), cancel);
        return Told(outcome, [$"restored {backup.Id} into {target}"]);
    }

    async Task<IReadOnlyList<string>> Resume(CancellationToken cancel)
    {
        string[] nothing = [$"no unfinished restore in {target}"];
        if (!Directory.Exists(target))
        {
            return run.Site.Middleware is null ? nothing
                : throw new RunnerException(ExitCode.Volume, $"there is no folder \"{target}\" to look for an unfinished restore in", "--data names where the claim is mounted");
        }
        if (run.Site.Middleware is { } middleware)
            await middleware.Preflight(cancel);
        if (run.Site.Middleware?.OpenScript is { } script)
            throw new RunnerException(ExitCode.Volume, $"commands.restore was putting {script} in place and did not end well: the data is neither the old nor the new", "restore a backup: --backup ID, --before TIME or --latest");
        // Without a journal there may be staging to remove, and then no command of the plan is run.
        var id = UnfinishedRestore.Find(target) is [var unfinished, ..] ? unfinished.Id : BackupId.New(run.Host.Time.GetUtcNow(), new byte[BackupId.RandomBytes]);
        var plan = await Plan(id, cancel);
        var anywhere = new BackupFinder(Catalog, allowOtherTarget: true);
        StoredBackup? opened = null;
        var wasStopped = run.Site.Middleware?.IsStopped == true;
        try
        {
            var outcome = await Paused(() => Volume(plan).Resume(
                async (again, stop) => opened = await Open((await anywhere.Find(source, new Selection { Id = again }, stop)).Entry, stop), cancel), cancel);
            string[] started = wasStopped ? [$"{series.Kind} \"{series.Name}\" runs again"] : [];
            return outcome is { Restored: null, Settled.Count: 0 } && !wasStopped ? nothing : Told(outcome, [.. started]);
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
        if (left == DataState.Restored)
            left = DataState.Untouched;
        var workload = await run.Site.Workload(cancel);
        if (run.Site.Middleware is not { } middleware)
        {
            await CommandRestore.Run(
                workload.RestoreShell, script, backup.Manifest.Stored.Bytes,
                async (to, stop) =>
                {
                    await backup.CopyTo(to, stop);
                    left = DataState.Unsettled;
                },
                cancel);
            left = DataState.Restored;
        }
        else
        {
            await run.Site.RequireRestoreShell(cancel);
            CommandRestore.RequireRoom(script, backup.Manifest.Stored.Bytes);
            await middleware.Stop(cancel);
            await CommandRestore.Run(
                workload.RestoreShell, script with { ReadableByAll = true }, backup.Manifest.Stored.Bytes,
                async (to, stop) =>
                {
                    await backup.CopyTo(to, stop);
                    await middleware.RequireStopped(stop);
                    left = DataState.Unsettled;
                    await middleware.NoteScript(backup.Id, stop);
                },
                cancel);
            left = DataState.Restored;
            await middleware.NoteScript(null, cancel);
        }
        if (Health(plan) is { } health)
            await health(cancel);
        return settled;
    }

    async Task<CatalogEntry> Find(Selection selection, CancellationToken cancel)
    {
        var chosen = await Finder.Find(source, selection, cancel);
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
            new RestoreHooks { Health = Health(plan), Before = Pause is { } pause ? pause.Before : null, Leaves = state => left = state, Progress = run.Log.Say });
    }

    /// <summary>Starts what was stopped, then asks the policy's command; null: there is nothing to start or ask.</summary>
    Func<CancellationToken, Task>? Health(RestorePlan plan) => (run.Site.Middleware, plan.HealthCommand) switch
    {
        (null, null) => null,
        (null, _) => cancel => CheckHealth(plan, cancel),
        ({ } middleware, var command) => async cancel =>
        {
            run.Site.Enter("start");
            await middleware.Start(cancel);
            if (command is null || middleware.Disturbance is not null)
                return;
            if (middleware.Remembered is 0)
                run.Log.Warn($"{PolicyTemplates.Health} was not run: the workload had 0 replicas before, and has them again");
            else
                await CheckHealth(plan, cancel);
        }
        ,
    };

    async Task<RestorePlan> Plan(BackupId id, CancellationToken cancel) =>
        RestorePlan.For(id, setup.Policy, setup.TemplateModel(id, await run.Site.Workload(cancel)));

    async Task CheckHealth(RestorePlan plan, CancellationToken cancel)
    {
        var workload = await run.Site.Workload(cancel);
        // Of a workload that was started the pod is another than the one that the plan was made with.
        var command = RestorePlan.For(plan.Id, setup.Policy, setup.TemplateModel(plan.Id, workload)).HealthCommand!;
        var result = await workload.Shell.Run(new ShellCommand(PolicyTemplates.Health, command), setup.Policy.Restore.StartTimeout, cancel);
        if (result.TimedOut)
            throw new RunnerException(ExitCode.Command, $"{PolicyTemplates.Health} did not end within {DurationText.Of(setup.Policy.Restore.StartTimeout)}", "backup.restore.startTimeout sets how long it may take");
        if (!result.Succeeded)
            throw new RunnerException(ExitCode.Command, $"{PolicyTemplates.Health} {result.Failure}");
        // A client of Redis exits 0 when the server refuses.
        if (RedisSave.Of(command).SpeaksRedis && RedisReply.Refusal(result, PolicyTemplates.Health) is { } refusal)
            throw refusal;
    }

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

    static SeriesId SourceOf(SeriesId target, RestoreFlags flags)
    {
        var from = flags.From is { } text ? RestoreSource.Parse(text) : new RestoreSource(target.Kind, target.Name, target.Claim);
        return target with { Cluster = flags.FromCluster ?? target.Cluster, Kind = from.Kind, Name = from.Name, Claim = from.Claim };
    }

    static RunnerException InPlaceLeft(BackupId id) => new(
        ExitCode.Volume, $"an in-place restore of {id} ended half-way, and commands.restore cannot finish it",
        "finish it with \"restore --resume\" and a policy without commands.restore");
}
