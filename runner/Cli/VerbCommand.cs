using System.CommandLine;

namespace BackupRunner.Cli;

/// <summary>A verb: one line for the list of verbs, and what its own <c>--help</c> teaches below that line's options.</summary>
/// <param name="teaching">How the verb behaves, and examples.</param>
sealed class VerbCommand(string name, string summary, string teaching) : Command(name, summary)
{
    public string Teaching => teaching;
}
