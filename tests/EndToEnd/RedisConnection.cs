using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace BackupRunner.Tests.EndToEnd;

/// <summary>A pipelining client of Redis (RESP2). Strings are bytes, one a character (Latin-1).</summary>
public sealed class RedisConnection : IDisposable
{
    const int BatchCommands = 1000;

    readonly NetworkStream stream;
    readonly byte[] buffer = new byte[1 << 16];
    int position;
    int length;

    RedisConnection(Socket socket) => stream = new NetworkStream(socket, ownsSocket: true);

    /// <param name="socketPath">The server's <c>unixsocket</c>: reached from any network namespace.</param>
    public static async Task<RedisConnection> Open(string socketPath, CancellationToken cancel)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), cancel);
        return new RedisConnection(socket);
    }

    public static async Task<RedisConnection> Open(int port, string password, CancellationToken cancel)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), cancel);
        var connection = new RedisConnection(socket);
        if (password.Length > 0)
            await connection.Call(cancel, "AUTH", password);
        return connection;
    }

    /// <returns>A string, a number, null, or a list of these. An error of the server fails the test.</returns>
    public async Task<object?> Call(CancellationToken cancel, params string[] words) => (await Pipeline([words], cancel))[0];

    /// <summary>Sends all commands, some thousand at a time, and returns their replies in order.</summary>
    public async Task<List<object?>> Pipeline(IEnumerable<string[]> commands, CancellationToken cancel)
    {
        var replies = new List<object?>();
        foreach (var batch in commands.Chunk(BatchCommands))
        {
            // On its own, because the server stops reading while nobody takes its replies.
            var sending = stream.WriteAsync(Encoding.Latin1.GetBytes(string.Concat(batch.Select(Encoded))), cancel);
            for (var i = 0; i < batch.Length; i++)
                replies.Add(await Reply(cancel));
            await sending;
        }
        return replies;
    }

    public void Dispose() => stream.Dispose();

    static string Encoded(string[] words) => string.Concat(words.Select(word => $"${word.Length}\r\n{word}\r\n").Prepend($"*{words.Length}\r\n"));

    async Task<object?> Reply(CancellationToken cancel)
    {
        var line = await Line(cancel);
        switch (line[0])
        {
            case '+':
                return line[1..];
            case ':':
                return long.Parse(line.AsSpan(1), CultureInfo.InvariantCulture);
            case '$':
                return await Bulk(int.Parse(line.AsSpan(1), CultureInfo.InvariantCulture), cancel);
            case '*':
                var list = new List<object?>();
                for (var left = int.Parse(line.AsSpan(1), CultureInfo.InvariantCulture); left > 0; left--)
                    list.Add(await Reply(cancel));
                return list;
            default:
                Assert.Fail($"redis: {line}");
                return null;
        }
    }

    async ValueTask<string> Line(CancellationToken cancel)
    {
        var line = new StringBuilder();
        while (true)
        {
            if (position == length)
                await Fill(cancel);
            var end = buffer.AsSpan(position, length - position).IndexOf((byte)'\n');
            var taken = end < 0 ? length - position : end + 1;
            line.Append(Encoding.Latin1.GetString(buffer, position, taken));
            position += taken;
            if (end >= 0)
                return line.ToString(0, line.Length - 2);
        }
    }

    async ValueTask<string?> Bulk(int bytes, CancellationToken cancel)
    {
        if (bytes < 0)
            return null;
        var content = new byte[bytes + 2];
        for (var filled = 0; filled < content.Length;)
        {
            if (position == length)
                await Fill(cancel);
            var taken = Math.Min(length - position, content.Length - filled);
            buffer.AsSpan(position, taken).CopyTo(content.AsSpan(filled));
            (position, filled) = (position + taken, filled + taken);
        }
        return Encoding.Latin1.GetString(content, 0, bytes);
    }

    async Task Fill(CancellationToken cancel)
    {
        (position, length) = (0, await stream.ReadAsync(buffer, cancel));
        Assert.True(length > 0, "redis closed the connection");
    }
}
