using System.CommandLine;
using System.Globalization;
using BackupRunner.Backups;
using BackupRunner.Cluster;
using BackupRunner.Encryption;
using BackupRunner.Hooks;
using BackupRunner.Kube;
using BackupRunner.Names;
using BackupRunner.Policy;
using BackupRunner.Reports;
using BackupRunner.Schedule;
using BackupRunner.Sites;

namespace BackupRunner.Cli;

/// <summary>One call of a verb: its options, its world, and what it has to report.</summary>
public sealed class RunContext(ParseResult call, RunOptions options, RunnerHost host, RunLog log) : IAsyncDisposable
{
    RunSetup? setup;
    ManifestTrust? trust;
    KeyRing? ring;
    IRunSite? site;

    public RunnerHost Host => host;

    public RunLog Log => log;

    public Progress Progress { get; } = new(log, host.Error, host.Terminal, host.Time);

    /// <summary>Resolved at the first use, so that what is wrong with it is reported like any failure.</summary>
    public RunSetup Setup => setup ??= SetupReading.Read(call, options, host, log.Say);

    /// <summary>Which backups are believed: proven by the ring, where there is one or the policy encrypts.</summary>
    /// <exception cref="RunnerException">Exit 2: the policy encrypts and there is no ring; 5: it holds no key.</exception>
    public ManifestTrust Trust => trust ??= TrustBy(Setup.Keys is not null || Setup.Encryption is not null);

    /// <summary>As <see cref="Trust"/>, but without a ring what is encrypted is shown as it is.</summary>
    public ManifestTrust TrustAtHand => trust ??= TrustBy(Setup.Keys is not null);

    public BackupCatalog Catalog => new(Setup.Store, Setup.Prefix, Trust);

    public BackupWatch Watch => new(log.Say, log.Warn, Progress) { Phase = Progress.Phase };

    public ReportedRewrap? Rewrap { get; set; }

    public ReportedAudit? Audit { get; set; }

    public List<ReportedBackup> Backups { get; } = [];

    public List<ReportedDeletion> Deleted { get; } = [];

    public bool DryRun { get; set; }

    /// <summary>What the series holds when the run ends.</summary>
    public ReportedCatalog? Retained { get; set; }

    /// <summary>What a restore leaves, once it was allowed to touch anything.</summary>
    public DataState? Data { get; set; }

    public string? Verification { get; set; }

    public bool Json => call.GetValue(options.Output) == OutputFormat.Json;

    /// <summary>Where the workload is: in the cluster of this pod, or here.</summary>
    public IRunSite Site => site ??= OpenSite();

    /// <summary>Which backup is meant.</summary>
    /// <param name="or">What else the verb takes in its place, for the message; null: nothing.</param>
    public Selection Selection(string? or)
    {
        var (id, before, latest) = (call.GetValue(options.Backup), call.GetValue(options.Before), call.GetValue(options.Latest));
        if ((id is null ? 0 : 1) + (before is null ? 0 : 1) + (latest ? 1 : 0) != 1)
            throw new RunnerException(ExitCode.Usage, "which backup is not said, or said twice", $"name one of --backup ID, --before TIME, {(or is null ? "or --latest" : $"--latest, or {or}")}");
        return new Selection
        {
            Id = id is null ? null : Id(id),
            Before = before is null ? null : Time(before),
            Latest = latest,
        };
    }

    /// <summary>The options that name this run's store and target, to be typed again.</summary>
    public string SameTarget() => string.Join(' ', new (string Name, string? Value)[]
    {
        ("--policy", call.GetValue(options.Policy)), ("--store", call.GetValue(options.Store)), ("--credentials", call.GetValue(options.Credentials)), ("--keys", call.GetValue(options.Keys)), ("--data", call.GetValue(options.Data)),
        ("--workload", call.GetValue(options.Workload)), ("--namespace", call.GetValue(options.Namespace)), ("--claim", call.GetValue(options.Claim)),
        ("--cluster", call.GetValue(options.Cluster)), ("--kubeconfig", call.GetValue(options.Kubeconfig)), ("--context", call.GetValue(options.Context)),
    }.Where(option => option.Value is not null).Select(option => $"{option.Name} {Quoted(option.Value!)}").Concat(call.GetValue(options.NoKube) ? ["--no-kube"] : []));

    /// <summary>
    /// Thaws what a killed backup left frozen. For the runs that are no backup themselves: what cannot be thawed is a warning, and the next backup
    /// tries again.
    /// </summary>
    public async Task ThawLeftover(CancellationToken cancel)
    {
        try
        {
            var workload = await Site.Workload(cancel);
            var rendering = new Rendering(Setup.TemplateModel(BackupId.New(host.Time.GetUtcNow(), new byte[BackupId.RandomBytes]), workload));
            var thaw = rendering.Of(PolicyTemplates.Thaw, Setup.Policy.Settings.Consistency.Freeze?.Thaw);
            rendering.ThrowFaults();
            if (await new Freeze(workload.Shell, workload.FrozenMark, host.Time).ThawLeftover(thaw, cancel) is { } left)
                log.Warn($"thawed the workload: backup \"{left.BackupId}\" was killed while it had it frozen");
        }
        catch (RunnerException failure)
        {
            log.Warn(failure.Message);
        }
    }

    /// <summary>Mistakes that a policy may hold: said when there is a policy.</summary>
    public void WarnOfLints()
    {
        if (Setup.PolicySha256 is null)
            return;
        foreach (var lint in PolicyLints.For(Setup.Policy))
            log.Warn(lint.ToString());
    }

    public T Option<T>(Func<RunOptions, Option<T>> option) => call.GetValue(option(options))!;

    /// <summary>As it was when it was first asked for.</summary>
    /// <exception cref="RunnerException">Exit 2: it was not named; 5: it holds no key.</exception>
    public KeyRing RequiredRing => ring ??= OpenRing();

    KeyRing OpenRing()
    {
        var opened = Setup.OpenRing();
        foreach (var problem in opened.Problems)
            log.Warn(problem);
        return opened;
    }

    ManifestTrust TrustBy(bool withRing)
    {
        var plain = call.GetValue(options.AllowPlain) ?? [];
        return new ManifestTrust(withRing ? RequiredRing : null, Setup.Encryption is not null, plain.Select(Id).ToHashSet());
    }

    static BackupId Id(string text) => BackupId.Parse(text) ?? throw new RunnerException(
        ExitCode.Usage, $"\"{text}\" is no backup id", "\"list\" shows them; one looks like 20261122t020000z-k3x7qa");

    IRunSite OpenSite()
    {
        var redaction = Redaction.Of(host.Variables);
        var wait = LeaseWait;
        if (Setup.Kube is null && (wait > TimeSpan.Zero || call.GetValue(options.Lease) is { Length: > 0 }))
            throw new RunnerException(ExitCode.Usage, "--lease and --lease-wait are for a run in a cluster, and this is none", "in a pod, --workload names a StatefulSet or Deployment; from outside, --kubeconfig");
        if (Setup is { Kube: not null, Policy.Cluster: null } && call.GetValue(options.Cluster) is null)
        {
            throw new RunnerException(ExitCode.Usage, "the name of this cluster in stored paths is not set: two clusters with one bucket would mix their backups",
                "set backup.cluster in the policy, or --cluster");
        }
        if (Setup.Kube is null && Setup.Policy.Commands.RunIn == RunIn.Workload)
        {
            throw new RunnerException(ExitCode.Usage, "backup.commands.runIn is \"workload\", and no cluster is known: the scripts would not run where they shall",
                "in a pod, name the workload with --workload statefulset/NAME; \"runner\" runs the scripts here");
        }
        IRunSite opened = Setup.Kube is { } kube
            ? new ClusterSite(
                new KubeClient(kube, host.Time),
                new ClusterRun(Setup.RequiredSeries, Setup.Policy, PodName, Setup.ArchivePath, call.GetValue(options.Lease) ?? [], wait),
                redaction, log.Say, log.Warn, host.Time)
            : new HostSite(Setup.State, Setup.Series, new LocalShell(redaction, log.Say, host.Time));
        Progress.Told = opened.Tell;
        return opened;
    }

    /// <summary>A pod's host name is its name, unless that is too long or the network is the node's.</summary>
    string PodName => host.Variables.GetValueOrDefault("POD_NAME") is { Length: > 0 } name ? name : host.MachineName;

    TimeSpan LeaseWait
    {
        get
        {
            if (call.GetValue(options.LeaseWait) is not { } text || text.TrimStart('0') is "" or "s")
                return TimeSpan.Zero;
            return Duration.TryParse(text, out var wait, out var problem)
                ? wait
                : throw new RunnerException(ExitCode.Usage, $"--lease-wait {problem}", "such as 90s, 10m or 1h");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (site is not null)
            await site.DisposeAsync();
        ring?.Dispose();
    }

    /// <summary>The last word to whoever looks at the run from outside.</summary>
    public void Conclude(RunReport report) => site?.Conclude(report);

    public RunReport Report(string verb, DateTimeOffset start, ExitCode exitCode, RunnerException? failure) => new()
    {
        Verb = verb,
        ExitCode = (int)exitCode,
        Start = start,
        End = host.Time.GetUtcNow(),
        Series = setup?.Series?.ToString(),
        Store = setup?.Store.Address,
        Error = failure?.Message,
        Hint = failure?.Hint,
        Backups = Backups,
        Warnings = log.Warnings,
        Deleted = Deleted,
        DryRun = DryRun,
        Rewrap = Rewrap,
        Audit = Audit,
        Retained = Retained,
        Data = Data ?? (verb == RestoreVerb.Name ? DataState.Untouched : null),
        Verification = Verification,
    };

    static DateTimeOffset Time(string text) => DateTimeOffset.TryParseExact(
        text, ["yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd HH:mm:ssK", "yyyy-MM-dd"],
        CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
        ? time
        : throw new RunnerException(ExitCode.Usage, $"--before \"{text}\" is no time", "such as 2026-11-22T02:00:00Z; without an offset it is UTC");

    static string Quoted(string value) => value.All(c => char.IsAsciiLetterOrDigit(c) || "/._-".Contains(c, StringComparison.Ordinal)) && value.Length > 0
        ? value
        : "'" + value.Replace("'", "'\\''", StringComparison.Ordinal) + "'";
}
