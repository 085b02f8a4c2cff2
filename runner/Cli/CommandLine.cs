using System.CommandLine;
using System.CommandLine.Parsing;
using BackupRunner.Reports;

namespace BackupRunner.Cli;

/// <summary>The verbs and how they are called. One call runs one verb and ends.</summary>
public static class CommandLine
{
    public static async Task<int> Run(IReadOnlyList<string> arguments, RunnerHost host, CancellationToken cancel)
    {
        var options = new RunOptions();
        var root = new RootCommand("""
            Back up a folder, or a volume of a workload, to an object store; list, verify, restore and prune the backups.

            Without any configuration:
              backup-runner backup  --data docs --store /tmp/backups
              backup-runner list    --store /tmp/backups
              backup-runner restore --data docs --store /tmp/backups --latest

            Exit codes: 0 done; 1 a bug; 2 usage, policy, or nothing found; 3 a command of the policy failed; 4 object store; 5 integrity of stored
            data, or a key; 6 data volume; 7 another run holds the series; 143 stopped by a signal.
            """)
        {
            BackupVerb.Create(options, host),
            ListVerb.Create(options, host),
            VerifyVerb.Create(options, host),
            RestoreVerb.Create(options, host),
            PruneVerb.Create(options, host),
            CheckVerb.Create(options, host),
            KeysVerb.Create(options, host),
        };
        TeachingHelp.AddTo(root);
        var call = root.Parse(arguments);
        if (call.Errors.Count > 0 && call.Action is not TeachingHelp)
        {
            foreach (var error in call.Errors)
                await host.Error.WriteLineAsync("error: " + Sentence(error.Message));
            await host.Error.WriteLineAsync($"hint: backup-runner {Words(call.CommandResult)}--help shows how it is called");
            return (int)ExitCode.Usage;
        }
        // Signals are Program's, and so are failures: the library must neither end the process nor print a stack.
        return await call.InvokeAsync(
            new InvocationConfiguration { Output = host.Out, Error = host.Error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }, cancel);
    }

    /// <summary>What was typed to come here: <c>keys audit </c>.</summary>
    static string Words(SymbolResult at) => at is CommandResult { Parent: { } parent } command ? Words(parent) + command.Command.Name + " " : "";

    static string Sentence(string message) => char.ToLowerInvariant(message[0]) + message[1..].TrimEnd('.');
}
