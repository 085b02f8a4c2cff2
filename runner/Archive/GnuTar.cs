using System.Text;
using BackupRunner.Reports;

namespace BackupRunner.Archive;

/// <summary>
/// A running GNU tar. Disposing kills it if it still runs, and reaps it.
/// </summary>
public sealed class GnuTar : IAsyncDisposable
{
    readonly PipedProgram program;

    GnuTar(PipedProgram program) => this.program = program;

    public Stream Input => program.Input;

    public Stream Output => program.Output;

    /// <param name="onMessage">Gets each message, a line as bytes without the program's name.</param>
    /// <exception cref="RunnerException">Exit 3: there is no GNU tar.</exception>
    public static async Task<GnuTar> Start(IEnumerable<string> arguments, Action<byte[]> onMessage, CancellationToken cancel)
    {
        var path = ProgramPath.Find("tar", "GNU tar", Environment.GetEnvironmentVariable("PATH"));
        await RequireGnu(path, cancel);
        var prefix = Encoding.UTF8.GetBytes(path + ": ");
        return new GnuTar(Launch(path, arguments, line => onMessage(line.AsSpan().StartsWith(prefix) ? line[prefix.Length..] : line)));
    }

    /// <summary>Waits for the end and for the last message.</summary>
    /// <returns>tar's exit code; 128 and the signal's number when it was killed.</returns>
    public Task<int> WaitForExit(CancellationToken cancel) => program.WaitForExit(cancel);

    public void Kill() => program.Kill();

    public ValueTask DisposeAsync() => program.DisposeAsync();

    /// <exception cref="RunnerException">tar was ended by a signal: exit 143 when somebody stopped it and us (Ctrl-C), 3
    /// otherwise.</exception>
    public static void ThrowIfKilled(int exit) => PipedProgram.ThrowIfKilled("tar", exit);

    static async Task RequireGnu(string path, CancellationToken cancel)
    {
        await using var version = Launch(path, ["--version"], _ => { });
        version.Input.Close();
        using var reader = new StreamReader(version.Output);
        var output = await reader.ReadToEndAsync(cancel);
        await version.WaitForExit(cancel);
        if (!output.Contains("(GNU tar)", StringComparison.Ordinal))
            throw new RunnerException(ExitCode.Command, $"\"{path}\" is not GNU tar", "install GNU tar and put it first in PATH");
    }

    static PipedProgram Launch(string path, IEnumerable<string> arguments, Action<byte[]> onMessage) =>
        PipedProgram.Start(path, arguments, environment => environment.Remove("TAR_OPTIONS"), onMessage);
}
