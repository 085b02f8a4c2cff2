using BackupRunner.Reports;

namespace BackupRunner.Hooks;

/// <summary>What the commands were to run in is not there any more, and with it what was frozen. Exit code 3.</summary>
public sealed class WorkloadGoneException(string message) : RunnerException(ExitCode.Command, message, "the next run takes what has come in its place");
