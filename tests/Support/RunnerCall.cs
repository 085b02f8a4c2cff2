using System.Collections;
using System.Diagnostics;
using BackupRunner.Cli;

namespace BackupRunner.Tests.Support;

/// <summary>What a run of the runner left behind.</summary>
public sealed record RunnerResult(int ExitCode, string Out, string Error)
{
    /// <summary>Fails the test, with all that was said, unless the run exited with <paramref name="exitCode"/>.</summary>
    public RunnerResult Exited(int exitCode)
    {
        Assert.True(ExitCode == exitCode, $"exited {ExitCode}, not {exitCode}\n{Error}{Out}");
        return this;
    }
}

/// <summary>
/// How a test calls the runner: in its own process, or as the real program, which can be signalled and killed. Nothing of this user's own
/// state is seen or touched.
/// </summary>
/// <param name="State">The folder for locks and marks, kept between the calls of one test.</param>
public sealed record RunnerCall(string State)
{
    /// <summary>For calls in process only.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Added to the environment.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();

    /// <summary>Put before the command line of the real program, such as <c>nsenter --net=FILE</c>. It must exec, so that a signal reaches the runner.</summary>
    public IReadOnlyList<string> Prefix { get; init; } = [];

    static string Program { get; } = Path.Join(AppContext.BaseDirectory, "backup-runner.dll");

    /// <summary>Runs a verb to its end, in this process. Commands of the policy inherit this process's environment, not <see cref="Variables"/>.</summary>
    public async Task<RunnerResult> InProcess(params string[] arguments)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var host = new RunnerHost(
            output, TextWriter.Synchronized(error), Terminal: false, Clock, Environment(), System.Environment.MachineName, TerminationLog: Path.Join(State, "no-termination-log"));
        var exitCode = await CommandLine.Run(arguments, host, TestContext.Current.CancellationToken);
        return new RunnerResult(exitCode, output.ToString(), error.ToString());
    }

    /// <summary>Starts the real program. The caller disposes of it, which kills it if it still runs.</summary>
    public RunningRunner Start(params string[] arguments)
    {
        string[] line = [.. Prefix, "dotnet", Program, .. arguments];
        var start = new ProcessStartInfo(line[0], line[1..]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment.Clear();
        foreach (var (name, value) in Environment())
            start.Environment[name] = value;
        return new RunningRunner(Process.Start(start)!);
    }

    /// <summary>Runs the real program to its end.</summary>
    public async Task<RunnerResult> Run(params string[] arguments)
    {
        await using var running = Start(arguments);
        return await running.Ended;
    }

    Dictionary<string, string> Environment()
    {
        var all = System.Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().ToDictionary(variable => (string)variable.Key, variable => (string)variable.Value!);
        all["XDG_STATE_HOME"] = State;
        foreach (var (name, value) in Variables)
            all[name] = value;
        return all;
    }
}
