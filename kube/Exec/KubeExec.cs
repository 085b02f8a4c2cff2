using System.Buffers;
using System.Net.WebSockets;

namespace BackupRunner.Kube;

/// <summary>
/// One command that runs in a container. Disposing it cuts the connection, which does not end the command: that is the caller's business.
/// Each message begins with its channel: 0 input, 1 output, 2 error, 3 the final Status, 255 the end of a channel.
/// </summary>
public sealed class KubeExec : IAsyncDisposable
{
    const byte InputChannel = 0;
    const byte OutputChannel = 1;
    const byte ErrorChannel = 2;
    const byte StatusChannel = 3;
    const byte CloseChannel = 255;
    const int FrameBytes = 64 * 1024;
    const int MaxStatusBytes = 1 << 20;

    readonly ClientWebSocket socket;
    readonly KubeCall call;
    readonly SemaphoreSlim writing = new(1);
    readonly byte[] frame = new byte[FrameBytes];

    internal KubeExec(ClientWebSocket socket, KubeCall call) => (this.socket, this.call) = (socket, call);

    /// <summary>
    /// Hands on what the command writes, until its final Status. A chunk is only valid during the call; nothing more is read before the
    /// call is done.
    /// </summary>
    /// <returns>The exit code: 0 for Success; 128 and the signal's number if one ended the command.</returns>
    /// <exception cref="KubeException">
    /// <see cref="KubeException.IsUnreachable"/>: the connection ended without a Status, and nobody knows how the command ended.
    /// Otherwise it did not run to its end: there is no such program, the container is gone.
    /// </exception>
    public async Task<int> Run(Func<ReadOnlyMemory<byte>, ValueTask> output, Func<ReadOnlyMemory<byte>, ValueTask> error, CancellationToken cancel)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(FrameBytes);
        var status = new ArrayBufferWriter<byte>();
        try
        {
            await Pump(buffer, status, output, error, cancel);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
        return ExecStatus.ExitCode(call, status.WrittenSpan);
    }

    /// <summary>To the command's input. Fails with <see cref="KubeException.IsUnreachable"/> once the command has ended: how it ended is what <see cref="Run"/> says.</summary>
    public async Task Write(ReadOnlyMemory<byte> input, CancellationToken cancel)
    {
        await writing.WaitAsync(cancel);
        try
        {
            while (!input.IsEmpty)
            {
                var length = Math.Min(input.Length, FrameBytes - 1);
                frame[0] = InputChannel;
                input[..length].CopyTo(frame.AsMemory(1));
                await Send(frame.AsMemory(0, length + 1), cancel);
                input = input[length..];
            }
        }
        finally
        {
            writing.Release();
        }
    }

    /// <summary>The command finds the end of its input; its output goes on.</summary>
    public async Task CloseInput(CancellationToken cancel)
    {
        await writing.WaitAsync(cancel);
        try
        {
            await Send(new byte[] { CloseChannel, InputChannel }, cancel);
        }
        finally
        {
            writing.Release();
        }
    }

    public ValueTask DisposeAsync()
    {
        socket.Abort();
        socket.Dispose();
        return ValueTask.CompletedTask;
    }

    async Task Pump(byte[] buffer, ArrayBufferWriter<byte> status, Func<ReadOnlyMemory<byte>, ValueTask> output,
        Func<ReadOnlyMemory<byte>, ValueTask> error, CancellationToken cancel)
    {
        int? channel = null;
        while (true)
        {
            var received = await Receive(buffer, cancel);
            if (received.MessageType == WebSocketMessageType.Close)
                throw call.Unreachable($"the connection was closed ({(int?)socket.CloseStatus}) before the command's end was told", null);
            var chunk = buffer.AsMemory(0, received.Count);
            if (channel is null && !chunk.IsEmpty)
                (channel, chunk) = (chunk.Span[0], chunk[1..]);
            if (channel == OutputChannel && !chunk.IsEmpty)
                await output(chunk);
            else if (channel == ErrorChannel && !chunk.IsEmpty)
                await error(chunk);
            else if (channel == StatusChannel)
                Keep(status, chunk.Span);
            if (!received.EndOfMessage)
                continue;
            if (channel == StatusChannel)
                return;
            channel = null;
        }
    }

    async ValueTask<ValueWebSocketReceiveResult> Receive(Memory<byte> buffer, CancellationToken cancel)
    {
        try
        {
            return await socket.ReceiveAsync(buffer, cancel);
        }
        catch (Exception e) when (IsCut(e, cancel))
        {
            throw call.Unreachable($"the connection was lost before the command's end was told: {e.Message}", e);
        }
    }

    async Task Send(ReadOnlyMemory<byte> message, CancellationToken cancel)
    {
        try
        {
            await socket.SendAsync(message, WebSocketMessageType.Binary, endOfMessage: true, cancel);
        }
        catch (Exception e) when (IsCut(e, cancel))
        {
            throw call.Unreachable($"the connection was lost while the command was given its input: {e.Message}", e);
        }
    }

    void Keep(ArrayBufferWriter<byte> status, ReadOnlySpan<byte> part)
    {
        if (status.WrittenCount + part.Length > MaxStatusBytes)
            throw call.Unreachable($"the Status at the command's end has more than {MaxStatusBytes} bytes", null);
        status.Write(part);
    }

    /// <summary>Aborted sockets say so in several ways.</summary>
    static bool IsCut(Exception e, CancellationToken cancel) =>
        !cancel.IsCancellationRequested
        && e is (WebSocketException or IOException or ObjectDisposedException or InvalidOperationException or OperationCanceledException);
}
