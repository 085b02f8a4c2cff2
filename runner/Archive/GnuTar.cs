using System.ComponentModel;
using System.Diagnostics;
using System.IO.Pipes;
using System.Text;
using BackupRunner.Posix;
using BackupRunner.Reports;

namespace BackupRunner.Archive;

/// <summary>
/// A running GNU tar. Disposing kills it if it still runs, and reaps it.
/// </summary>
public sealed class GnuTar : IAsyncDisposable
{
    // tar quotes names byte by byte, up to four characters each.
    const int MaximumMessageBytes = 1 << 16;

    readonly Process process;
    readonly Task messages;

    GnuTar(Process process, string program, Action<byte[]> onMessage)
    {
        this.process = process;
        foreach (var pipe in new[] { Output, Input })
            PipeSize.Raise(((PipeStream)pipe).SafePipeHandle);
        messages = ReadMessages(process.StandardError.BaseStream, Encoding.UTF8.GetBytes(program + ": "), onMessage);
    }

    public Stream Input => process.StandardInput.BaseStream;

    public Stream Output => process.StandardOutput.BaseStream;

    /// <param name="onMessage">Gets each message, a line as bytes without the program's name.</param>
    /// <exception cref="RunnerException">Exit 3: there is no GNU tar.</exception>
    public static async Task<GnuTar> Start(IEnumerable<string> arguments, Action<byte[]> onMessage, CancellationToken cancel)
    {
        var program = ProgramPath.Find("tar", Environment.GetEnvironmentVariable("PATH"));
        await RequireGnu(program, cancel);
        return new GnuTar(Launch(program, arguments), program, onMessage);
    }

    /// <summary>Waits for the end and for the last message.</summary>
    /// <returns>tar's exit code; 128 and the signal's number when it was killed.</returns>
    public async Task<int> WaitForExit(CancellationToken cancel)
    {
        await messages.WaitAsync(cancel);
        await process.WaitForExitAsync(cancel);
        return process.ExitCode;
    }

    public void Kill() => process.Kill();

    public async ValueTask DisposeAsync()
    {
        process.Kill();
        await process.WaitForExitAsync(CancellationToken.None);
        await messages;
        process.Dispose();
    }

    /// <exception cref="RunnerException">tar was ended by a signal: exit 143 when somebody stopped it and us (Ctrl-C), 3
    /// otherwise.</exception>
    public static void ThrowIfKilled(int exit)
    {
        const int signals = 128;
        if (exit is signals + 2 or signals + 15)
            throw new RunnerException(ExitCode.Stopped, "tar was stopped");
        if (exit > signals)
            throw new RunnerException(
                ExitCode.Command, $"tar was killed by signal {exit - signals}", "9 may be the kernel, out of memory: look at the limits");
    }

    static async Task RequireGnu(string program, CancellationToken cancel)
    {
        using var version = Launch(program, ["--version"]);
        version.StandardInput.Close();
        var error = version.StandardError.ReadToEndAsync(cancel);
        var output = await version.StandardOutput.ReadToEndAsync(cancel);
        await error;
        await version.WaitForExitAsync(cancel);
        if (!output.Contains("(GNU tar)", StringComparison.Ordinal))
            throw new RunnerException(ExitCode.Command, $"\"{program}\" is not GNU tar", "install GNU tar and put it first in PATH");
    }

    static Process Launch(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        start.Environment["LC_ALL"] = "C";
        start.Environment.Remove("TAR_OPTIONS");
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception exception)
        {
            throw new RunnerException(ExitCode.Command, $"cannot start \"{program}\": {exception.Message}", null, exception);
        }
    }

    static async Task ReadMessages(Stream stream, byte[] prefix, Action<byte[]> onMessage)
    {
        var buffer = new byte[MaximumMessageBytes];
        var length = 0;
        var skipping = false;
        for (int read; (read = await stream.ReadAsync(buffer.AsMemory(length))) > 0;)
        {
            length += read;
            var start = 0;
            for (int end; (end = buffer.AsSpan(start, length - start).IndexOf((byte)'\n')) >= 0; start += end + 1)
            {
                if (!skipping)
                    Report(buffer.AsSpan(start, end));
                skipping = false;
            }
            buffer.AsSpan(start, length - start).CopyTo(buffer);
            length -= start;
            if (length < buffer.Length)
                continue;
            if (!skipping)
                Report(buffer);
            (length, skipping) = (0, true);
        }
        if (length > 0 && !skipping)
            Report(buffer.AsSpan(0, length));

        void Report(ReadOnlySpan<byte> line) => onMessage((line.StartsWith(prefix) ? line[prefix.Length..] : line).ToArray());
    }
}
