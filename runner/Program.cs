using System.Collections;
using System.Runtime.InteropServices;
using BackupRunner.Cli;
using BackupRunner.Posix;

CoreLimit.Lower();
using var stop = new CancellationTokenSource();
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var hungUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);

return await CommandLine.Run(
    args,
    new RunnerHost(
        Console.Out,
        Console.Error,
        Terminal: !Console.IsErrorRedirected,
        TimeProvider.System,
        Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().ToDictionary(variable => (string)variable.Key, variable => (string)variable.Value!),
        Environment.MachineName,
        TerminationLog: "/dev/termination-log"),
    stop.Token);

void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.Cancel();
}
