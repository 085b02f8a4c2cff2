using System.CommandLine;
using BackupRunner.Reports;

namespace BackupRunner.Cli;

/// <summary>One call of a verb: its options, its world, and what it has to report.</summary>
public sealed class RunContext(ParseResult call, RunOptions options, RunnerHost host, RunLog log)
{
    RunSetup? setup;

    public RunnerHost Host => host;

    public RunLog Log => log;

    public Progress Progress { get; } = new(log, host.Error, host.Terminal, host.Time);

    /// <summary>Resolved at the first use, so that what is wrong with it is reported like any failure.</summary>
    public RunSetup Setup => setup ??= SetupReading.Read(call, options, host);

    public List<ReportedBackup> Backups { get; } = [];

    public List<ReportedDeletion> Deleted { get; } = [];

    public bool DryRun { get; set; }

    public bool Json => call.GetValue(options.Output) == OutputFormat.Json;

    public T Option<T>(Func<RunOptions, Option<T>> option) => call.GetValue(option(options))!;

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
    };
}
