using System.CommandLine;
using System.Text.Json;
using BackupRunner.Reports;

namespace BackupRunner.Cli;

/// <summary>Runs a verb to its exit code: the one place where failures are told, codes decided and reports written.</summary>
public sealed class VerbRun(RunOptions options, RunnerHost host)
{
    /// <param name="print">What standard output shows of a run that succeeded, when it is not JSON.</param>
    /// <param name="json">What it shows as JSON; null is the report.</param>
    public async Task<int> Of(
        string verb, ParseResult call, Func<RunContext, CancellationToken, Task> body, Action<RunContext, TextWriter> print, Func<string>? json, CancellationToken cancel)
    {
        var start = host.Time.GetUtcNow();
        var log = new RunLog(host.Error);
        var output = new CheckedWriter(host.Out);
        await using var run = new RunContext(call, options, host with { Out = output }, log);
        var (exitCode, failure) = await Attempt(run, body, cancel);
        run.Progress.End();
        if (failure is not null)
            log.Fail(failure.Message, failure.Hint);
        var report = run.Report(verb, start, exitCode, failure);
        WriteReports(call.GetValue(options.Report), report, log);
        run.Conclude(report);
        if (run.Json)
            await output.WriteLineAsync(failure is null && json is not null ? json() : JsonSerializer.Serialize(report, ReportJson.Default.RunReport));
        else if (exitCode == ExitCode.Done)
            print(run, output);
        if (output.Failure is null)
            return (int)exitCode;
        log.Warn($"cannot write to standard output: {output.Failure}");
        // A backup is stored whatever is printed of it; a list that is not whole is no list.
        return (int)(json is not null && exitCode == ExitCode.Done ? ExitCode.Usage : exitCode);
    }

    async Task<(ExitCode, RunnerException?)> Attempt(RunContext run, Func<RunContext, CancellationToken, Task> body, CancellationToken cancel)
    {
        try
        {
            if (run.Option(all => all.Report) is { } file)
                ProveWritable(file);
            await body(run, cancel);
            return (ExitCode.Done, null);
        }
        catch (RunnerException failure)
        {
            return (failure.ExitCode, failure);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return (ExitCode.Stopped, new RunnerException(ExitCode.Stopped, "stopped by a signal"));
        }
        catch (Exception bug)
        {
            await host.Error.WriteLineAsync(bug.ToString());
            return (ExitCode.Bug, new RunnerException(ExitCode.Bug, $"a bug of backup-runner: {bug.GetType().Name}", "please report it with the lines above"));
        }
    }

    static void ProveWritable(string report)
    {
        try
        {
            File.WriteAllText(report, "");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new RunnerException(ExitCode.Usage, $"cannot write the report \"{report}\": {failure.Message}", "name another --report", failure);
        }
    }

    void WriteReports(string? file, RunReport report, RunLog log)
    {
        try
        {
            if (file is not null)
                File.WriteAllBytes(file, JsonSerializer.SerializeToUtf8Bytes(report, ReportJson.Default.RunReport));
            if (File.Exists(host.TerminationLog))
                File.WriteAllBytes(host.TerminationLog, TerminationMessage.Of(report));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // The run is what it is; only its report is missing, and its exit code says the rest.
            log.Warn($"cannot write the report: {failure.Message}");
        }
    }
}
