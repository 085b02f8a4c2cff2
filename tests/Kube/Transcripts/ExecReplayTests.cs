using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using BackupRunner.Tests.Kube.Fake;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Kube.Transcripts;

/// <summary>
/// Every recorded exec, frame by frame. With the variables of <see cref="ReplayServer"/> in the environment they go to that server, which then needs a running
/// pod default/redis-0 of one container, redis, with redis-cli.
/// </summary>
public sealed class ExecReplayTests
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<Transcript> Recorded => [.. Transcript.Of("exec")];

    [Theory]
    [MemberData(nameof(Recorded))]
    public async Task It_goes_as_it_was_recorded(Transcript transcript)
    {
        using var scratch = new Scratch();
        await using var server = await ReplayServer.Start(Cancel);
        if (server.Fake is { } fake)
            await Redis(server, fake, scratch);
        var request = transcript.Json["request"]!;

        var (socket, status) = await server.Admin.Connect((string)request["path"]!, (string)request["subprotocol"]!);

        Assert.Equal((int)transcript.Json["status"]!, status);
        if (socket is null)
            return;
        using var connected = socket;
        Assert.Equal((string?)transcript.Json["negotiated"], socket.SubProtocol);
        var frames = ((JsonArray)transcript.Json["frames"]!).Select(frame => frame!).ToList();
        foreach (var frame in frames.Where(frame => (string)frame["from"]! == "client"))
        {
            var bytes = (string?)frame["bytes"] is { } hex ? Convert.FromHexString(hex) : [(byte)(int)frame["channel"]!, .. Encoding.UTF8.GetBytes((string)frame["text"]!)];
            await socket.SendAsync(bytes, WebSocketMessageType.Binary, true, Cancel);
        }
        var expected = frames.Where(frame => (string)frame["from"]! == "server").ToList();
        var heard = await Listen(socket);
        Assert.Equal((1, 0), (heard[0].Channel, heard[0].Text.Length));
        foreach (var channel in (int[])[1, 2, 3])
        {
            var (was, now) = (expected.Where(frame => (int?)frame["channel"] == channel).ToList(), heard.Where(frame => frame.Channel == channel).ToList());
            Assert.Equal(was.Sum(frame => (int)frame["length"]!), now.Sum(frame => frame.Text.Length));
            var text = Comparer.Mask(string.Concat(now.Select(frame => frame.Text)));
            Assert.StartsWith(Beginning(was), text, StringComparison.Ordinal);
        }
        Assert.All(heard, frame => Assert.InRange(frame.Text.Length, 0, 32768));
        Assert.Equal((int)expected[^1]["close"]!, (int)socket.CloseStatus!);
    }

    // Long texts were not kept to their end, and large binary ones not at all.
    static string Beginning(IEnumerable<JsonNode> frames)
    {
        var text = string.Concat(frames.Select(frame => (string)frame["text"]!));
        if (text.StartsWith('<'))
            return "";
        var masked = Comparer.Mask(text);
        return masked.Length < 500 ? masked : masked[..500];
    }

    static async Task<List<(int Channel, string Text)>> Listen(ClientWebSocket socket)
    {
        var frames = new List<(int, string)>();
        var buffer = new byte[64 * 1024];
        var length = 0;
        while (true)
        {
            var received = await socket.ReceiveAsync(buffer.AsMemory(length), Cancel);
            if (received.MessageType == WebSocketMessageType.Close)
                return frames;
            Assert.Equal(WebSocketMessageType.Binary, received.MessageType);
            length += received.Count;
            if (!received.EndOfMessage)
                continue;
            frames.Add((buffer[0], Encoding.Latin1.GetString(buffer, 1, length - 1)));
            length = 0;
        }
    }

    static async Task Redis(ReplayServer server, FakeKubeApi fake, Scratch scratch)
    {
        var cli = scratch.File("bin/redis-cli", "#!/bin/sh\n[ \"$*\" = PING ] && echo PONG\n");
        File.SetUnixFileMode(cli, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        await server.Admin.Call("POST", "/api/v1/namespaces/default/pods",
            """{"apiVersion":"v1","kind":"Pod","metadata":{"name":"redis-0"},"spec":{"nodeName":"node1","containers":[{"name":"redis","image":"redis:7"}]}}""");
        fake.Containers.Register("default", "redis-0", "redis", new FakeContainer { Environment = new Dictionary<string, string> { ["PATH"] = scratch["bin"] + ":/usr/bin:/bin" } });
    }
}
