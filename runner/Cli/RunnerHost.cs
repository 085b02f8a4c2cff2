namespace BackupRunner.Cli;

/// <summary>The world as Program hands it in, so that all below it can be tested.</summary>
/// <param name="Terminal">Whether a person watches standard error.</param>
/// <param name="Variables">The environment.</param>
/// <param name="TerminationLog">Where Kubernetes reads a run's last words, if there is such a file.</param>
public sealed record RunnerHost(
    TextWriter Out, TextWriter Error, bool Terminal, TimeProvider Time, IReadOnlyDictionary<string, string> Variables, string MachineName, string TerminationLog);
