using System.ComponentModel;
using System.Diagnostics;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;

namespace BackupRunner.Tests.Kube.Fake;

/// <summary>
/// One exec: a process of this machine, in a session of its own as runc makes one, joined to a WebSocket. A client that goes away closes its input, and
/// nothing more: the process goes on, its output is thrown away.
/// </summary>
/// <param name="half">Version 5 of the protocol: the client may close the input alone.</param>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Reliability", "CA1001", Justification = "The process may outlive the connection, and whoever would dispose.")]
public sealed class FakeExecSession(WebSocket socket, FakeContainer container, FakeExecution execution, FakeExecFault fault, bool half)
{
    const int FrameBytes = 32 * 1024;

    static readonly System.Text.Json.JsonSerializerOptions Plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // Both live as long as the process, which may outlive the connection, and hold nothing but memory.
    readonly SemaphoreSlim sending = new(1);
    readonly CancellationTokenSource cut = new();
    long sent;

    /// <summary>Returns once nothing more is to be sent, which may be long before the process ends; <see cref="FakeExecution.Ended"/> tells of that.</summary>
    public async Task Run(bool input, bool output, bool error, CancellationToken cancel)
    {
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var falls = cut.Token.Register(over.SetResult);
        await Task.WhenAny(Whole(input, output, error, cancel), over.Task);
    }

    async Task Whole(bool input, bool output, bool error, CancellationToken cancel)
    {
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(cancel, cut.Token);
        // The first frame of a real server is an empty one of standard output.
        await Send(1, ReadOnlyMemory<byte>.Empty, gone.Token);
        using var process = Start(out var problem);
        if (process is null)
        {
            await End(NotStarted(problem!), gone.Token);
            return;
        }
        execution.ProcessId = process.Id;
        if (!input)
            process.StandardInput.Close();
        // Not by the cut: a receive that is cancelled takes with it what was sent.
        var listening = Listen(process, input, cancel);
        await Task.WhenAll(Pump(1, process.StandardOutput.BaseStream, output, gone.Token), Pump(2, process.StandardError.BaseStream, error, gone.Token));
        await process.WaitForExitAsync(CancellationToken.None);
        execution.Finish(process.ExitCode);
        await End(process.ExitCode == 0 ? Success : Failed(process.ExitCode), gone.Token);
        await listening;
    }

    static JsonObject Success => new() { ["metadata"] = new JsonObject(), ["status"] = "Success" };

    Process? Start(out string? problem)
    {
        problem = null;
        var file = execution.Command[0];
        if (!(file.Contains('/', StringComparison.Ordinal) ? [file] : container.Environment.GetValueOrDefault("PATH", "").Split(':').Select(folder => $"{folder}/{file}")).Any(path => File.Exists(container.Root.TrimEnd('/') + path)))
        {
            problem = file.Contains('/', StringComparison.Ordinal) ? $"exec: \"{file}\": stat {file}: no such file or directory" : $"exec: \"{file}\": executable file not found in $PATH";
            execution.Finish(127);
            return null;
        }
        // The session is begun inside, so that the command is its leader there.
        string[] line = [.. container.Enter, "setsid", .. execution.Command];
        var start = new ProcessStartInfo(line[0], line[1..]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = container.WorkingFolder };
        start.Environment.Clear();
        foreach (var (name, value) in container.Environment)
            start.Environment[name] = value;
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception refused)
        {
            problem = $"exec: \"{file}\": {refused.Message}";
            execution.Finish(126);
            return null;
        }
    }

    // From the client: bytes for the input, its end, or the end of all.
    async Task Listen(Process process, bool input, CancellationToken cancel)
    {
        var buffer = new byte[FrameBytes * 2];
        var open = input;
        try
        {
            byte? channel = null;
            while (true)
            {
                var received = await socket.ReceiveAsync(buffer.AsMemory(), cancel);
                if (received.MessageType == WebSocketMessageType.Close)
                    break;
                var first = channel is null;
                if (first && received.Count == 0)
                    continue;
                channel ??= buffer[0];
                var content = buffer.AsMemory(first ? 1 : 0, received.Count - (first ? 1 : 0));
                if (channel == 0 && open && content.Length > 0)
                    open = await Feed(process, content);
                else if (half && channel == 255 && first && content.Length == 1 && content.Span[0] == 0 && open)
                {
                    open = false;
                    process.StandardInput.Close();
                }
                if (received.EndOfMessage)
                    channel = null;
            }
        }
        catch (Exception problem) when (problem is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            await cut.CancelAsync();
        }
        if (open)
            Close(process);
    }

    // False: the command reads no more.
    static async Task<bool> Feed(Process process, ReadOnlyMemory<byte> content)
    {
        try
        {
            await process.StandardInput.BaseStream.WriteAsync(content);
            await process.StandardInput.BaseStream.FlushAsync();
            return true;
        }
        catch (IOException)
        {
            Close(process);
            return false;
        }
    }

    static void Close(Process process)
    {
        try
        {
            process.StandardInput.Close();
        }
        catch (Exception problem) when (problem is IOException or InvalidOperationException)
        {
            // It has ended, and its pipe with it.
        }
    }

    async Task Pump(byte channel, Stream from, bool wanted, CancellationToken cancel)
    {
        var buffer = new byte[FrameBytes];
        var told = wanted;
        while (await Fill(from, buffer) is var length && length > 0)
        {
            if (!told)
                continue;
            var most = fault.CutAfterBytes is { } limit ? (int)Math.Min(length, limit - Interlocked.Read(ref sent)) : length;
            told = most > 0 && await Send(channel, buffer.AsMemory(0, most), cancel);
            if (fault.CutAfterBytes <= Interlocked.Add(ref sent, most))
            {
                await cut.CancelAsync();
                told = false;
            }
        }
    }

    // What is there, and as much of it as fits a frame.
    static async Task<int> Fill(Stream from, byte[] buffer) => await from.ReadAsync(buffer, CancellationToken.None);

    // False: nobody listens any more.
    async Task<bool> Send(byte channel, ReadOnlyMemory<byte> content, CancellationToken cancel)
    {
        var frame = new byte[content.Length + 1];
        frame[0] = channel;
        content.CopyTo(frame.AsMemory(1));
        try
        {
            await sending.WaitAsync(cancel);
            try
            {
                await socket.SendAsync(frame, WebSocketMessageType.Binary, endOfMessage: true, cancel);
                return true;
            }
            finally
            {
                sending.Release();
            }
        }
        catch (Exception problem) when (problem is WebSocketException or OperationCanceledException or ObjectDisposedException or IOException)
        {
            return false;
        }
    }

    async Task End(JsonObject status, CancellationToken cancel)
    {
        if (fault.LoseStatus || cut.IsCancellationRequested)
        {
            await cut.CancelAsync();
            return;
        }
        if (!fault.CloseWithoutStatus)
            await Send(3, Encoding.UTF8.GetBytes(status.ToJsonString(Plain)), cancel);
        try
        {
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "", cancel);
        }
        catch (Exception problem) when (problem is WebSocketException or OperationCanceledException or ObjectDisposedException or IOException)
        {
            // The client was faster.
        }
    }

    static JsonObject Failed(int exitCode) => new()
    {
        ["metadata"] = new JsonObject(),
        ["status"] = "Failure",
        ["message"] = $"command terminated with non-zero exit code: command terminated with exit code {exitCode}",
        ["reason"] = "NonZeroExitCode",
        ["details"] = new JsonObject { ["causes"] = new JsonArray(new JsonObject { ["reason"] = "ExitCode", ["message"] = $"{exitCode}" }) },
    };

    static JsonObject NotStarted(string why)
    {
        var message = "Internal error occurred: error executing command in container: failed to exec in container: failed to start exec "
            + $"\"{Convert.ToHexStringLower(Guid.NewGuid().ToByteArray())}{Convert.ToHexStringLower(Guid.NewGuid().ToByteArray())}\": OCI runtime exec failed: exec failed: unable to start container process: {why}";
        return new JsonObject
        {
            ["metadata"] = new JsonObject(),
            ["status"] = "Failure",
            ["message"] = "Internal error occurred: " + message,
            ["reason"] = "InternalError",
            ["details"] = new JsonObject { ["causes"] = new JsonArray(new JsonObject { ["message"] = message }) },
            ["code"] = 500,
        };
    }
}
