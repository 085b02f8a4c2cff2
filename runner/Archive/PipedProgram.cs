using System.ComponentModel;
using System.Diagnostics;
using System.IO.Pipes;
using BackupRunner.Posix;
using BackupRunner.Reports;

namespace BackupRunner.Archive;

/// <summary>A running program whose three standard streams are pipes to us. Disposing kills it if it still runs, and reaps it.</summary>
sealed class PipedProgram : IAsyncDisposable
{
    // tar quotes names byte by byte, up to four characters each.
    const int MaximumMessageBytes = 1 << 16;

    readonly Process process;
    readonly Task messages;

    PipedProgram(Process process, Action<byte[]> onMessage)
    {
        this.process = process;
        foreach (var pipe in new[] { Output, Input })
            PipeSize.Raise(((PipeStream)pipe).SafePipeHandle);
        messages = ReadMessages(process.StandardError.BaseStream, onMessage);
    }

    public int Id => process.Id;

    public Stream Input => process.StandardInput.BaseStream;

    public Stream Output => process.StandardOutput.BaseStream;

    /// <summary>Starts a program in the root directory, with messages in English.</summary>
    /// <param name="adapt">Changes the environment that it would inherit.</param>
    /// <param name="onMessage">Gets each line of its standard error, as bytes, one after the other.</param>
    /// <exception cref="RunnerException">Exit 3: it cannot be started.</exception>
    public static PipedProgram Start(string program, IEnumerable<string> arguments, Action<IDictionary<string, string?>> adapt, Action<byte[]> onMessage)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        adapt(start.Environment);
        start.Environment["LC_ALL"] = "C";
        try
        {
            return new PipedProgram(Process.Start(start)!, onMessage);
        }
        catch (Win32Exception exception)
        {
            throw new RunnerException(ExitCode.Command, $"cannot start \"{program}\": {exception.Message}", null, exception);
        }
    }

    /// <summary>Waits for the end and for the last message.</summary>
    /// <returns>The exit code; 128 and the signal's number when it was killed.</returns>
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

    /// <param name="name">What messages call the program.</param>
    /// <exception cref="RunnerException">It was ended by a signal: exit 143 when somebody stopped it and us (Ctrl-C), 3 otherwise.</exception>
    public static void ThrowIfKilled(string name, int exit)
    {
        const int signals = 128;
        if (exit is signals + 2 or signals + 15)
            throw new RunnerException(ExitCode.Stopped, $"{name} was stopped");
        if (exit > signals)
            throw new RunnerException(
                ExitCode.Command, $"{name} was killed by signal {exit - signals}", "9 may be the kernel, out of memory: look at the limits");
    }

    static async Task ReadMessages(Stream stream, Action<byte[]> onMessage)
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
                    onMessage(buffer.AsSpan(start, end).ToArray());
                skipping = false;
            }
            buffer.AsSpan(start, length - start).CopyTo(buffer);
            length -= start;
            if (length < buffer.Length)
                continue;
            if (!skipping)
                onMessage([.. buffer]);
            (length, skipping) = (0, true);
        }
        if (length > 0 && !skipping)
            onMessage(buffer.AsSpan(0, length).ToArray());
    }
}
