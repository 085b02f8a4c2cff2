using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace BackupRunner.Cli;

/// <summary>The library's help, and below it what the verb teaches.</summary>
sealed class TeachingHelp(HelpAction help) : SynchronousCommandLineAction
{
    public static void AddTo(RootCommand root)
    {
        foreach (var option in root.Options.OfType<HelpOption>())
            option.Action = new TeachingHelp((HelpAction)option.Action!);
    }

    public override int Invoke(ParseResult parseResult)
    {
        var exitCode = help.Invoke(parseResult);
        if (parseResult.CommandResult.Command is VerbCommand verb)
            parseResult.InvocationConfiguration.Output.WriteLine(verb.Teaching + Environment.NewLine);
        return exitCode;
    }
}
