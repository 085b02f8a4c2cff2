using System.Net.WebSockets;
using System.Text;
using BackupRunner.Kube;
using BackupRunner.Tests.Hooks;
using Microsoft.AspNetCore.Http;

namespace BackupRunner.Tests.Kube;

public sealed class ExecTests
{
    const string Protocol = "v5.channel.k8s.io";
    const string Success = """{"metadata":{},"status":"Success"}""";

    readonly StringBuilder output = new();
    readonly StringBuilder error = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    static Task Send(WebSocket socket, byte channel, string text, bool end = true) =>
        socket.SendAsync((byte[])[channel, .. Encoding.UTF8.GetBytes(text)], WebSocketMessageType.Binary, end, Cancel);

    static Task Close(WebSocket socket) => socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", Cancel);

    static string ExitCode(int code) =>
        $$$"""{"status":"Failure","message":"command terminated","reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":"{{{code}}}"}]}}""";

    async Task<int> Run(Func<WebSocket, HttpContext, Task> container, Func<KubeExec, Task>? input = null)
    {
        await using var server = await ScriptedKube.Start(async (context, _) =>
        {
            using var socket = await context.WebSockets.AcceptWebSocketAsync(Protocol);
            await container(socket, context);
        }, Cancel);
        using var client = new KubeClient(new() { Server = server.Address }, new ManualTime());
        await using var exec = await client.Exec(new("shop", "redis-0", "redis", ["sh", "-c", "", "a b&c"]) { Input = input is not null }, Cancel);
        var run = exec.Run(chunk => Keep(output, chunk), chunk => Keep(error, chunk), Cancel);
        if (input is not null)
            await input(exec);
        var code = await run;
        Assert.Equal("?container=redis&command=sh&command=-c&command=&command=a%20b%26c&stdout=true&stderr=true" + (input is null ? "" : "&stdin=true"), server.Seen[0].Query);
        Assert.Equal("/api/v1/namespaces/shop/pods/redis-0/exec", server.Seen[0].Path);
        return code;
    }

    static ValueTask Keep(StringBuilder into, ReadOnlyMemory<byte> chunk)
    {
        into.Append(Encoding.UTF8.GetString(chunk.Span));
        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData(3)]
    [InlineData(137)]
    public async Task Tells_the_exit_code_and_both_outputs(int code)
    {
        Assert.Equal(code, await Run(async (socket, _) =>
        {
            await Send(socket, 1, "");
            await Send(socket, 1, "out", end: false);
            await socket.SendAsync("put\n"u8.ToArray(), WebSocketMessageType.Binary, true, Cancel);
            await Send(socket, 2, "err\n");
            await Send(socket, 3, ExitCode(code));
            await Close(socket);
        }));
        Assert.Equal(("output\n", "err\n"), (output.ToString(), error.ToString()));
    }

    [Fact]
    public async Task Passes_input_and_its_end()
    {
        var got = new List<string>();
        var code = await Run(async (socket, _) =>
        {
            var buffer = new byte[100];
            while (got.LastOrDefault() != "FF-00")
            {
                var frame = await socket.ReceiveAsync(buffer, Cancel);
                got.Add(BitConverter.ToString(buffer, 0, frame.Count));
            }
            await Send(socket, 1, "done");
            await Send(socket, 3, Success);
            await Close(socket);
        }, async exec =>
        {
            await exec.Write("hi"u8.ToArray(), Cancel);
            await exec.CloseInput(Cancel);
        });
        Assert.Equal((0, "done"), (code, output.ToString()));
        Assert.Equal(["00-68-69", "FF-00"], got);
    }

    [Fact]
    public async Task A_close_without_a_status_is_a_failure()
    {
        var e = await Assert.ThrowsAsync<KubeException>(() => Run(async (socket, _) =>
        {
            await Send(socket, 1, "all of it");
            await Close(socket);
        }));
        Assert.True(e.IsUnreachable);
        Assert.Contains("closed (1000) before the command's end was told", e.Message, StringComparison.Ordinal);
        Assert.Equal("all of it", output.ToString());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_cut_connection_is_a_failure_even_half_way_through_a_status(bool halfStatus)
    {
        var e = await Assert.ThrowsAsync<KubeException>(() => Run(async (socket, context) =>
        {
            await Send(socket, 1, "some");
            if (halfStatus)
                await Send(socket, 3, Success, end: false);
            context.Abort();
        }));
        Assert.True(e.IsUnreachable);
    }

    [Fact]
    public async Task A_command_that_is_not_there_is_a_failure_with_the_servers_words()
    {
        var e = await Assert.ThrowsAsync<KubeException>(() => Run(async (socket, _) =>
        {
            await Send(socket, 3, """{"status":"Failure","message":"exec: \"nope\": executable file not found in $PATH","reason":"InternalError","details":{"causes":[{"message":"x"}]}}""");
            await Close(socket);
        }));
        Assert.False(e.IsUnreachable);
        Assert.Equal("create pods/exec \"redis-0\" in namespace \"shop\": exec: \"nope\": executable file not found in $PATH", e.Message);
    }

    [Fact]
    public async Task A_refusal_has_the_servers_words_and_is_not_repeated()
    {
        await using var server = await ScriptedKube.Start((context, _) => ScriptedKube.Fail(context, 403, "Forbidden", "pods \\\"redis-0\\\" is forbidden"), Cancel);
        using var client = new KubeClient(new() { Server = server.Address }, new ManualTime());
        var e = await Assert.ThrowsAsync<KubeException>(() => client.Exec(new("shop", "redis-0", "redis", ["true"]), Cancel));
        Assert.True(e.IsForbidden);
        Assert.EndsWith("pods \"redis-0\" is forbidden", e.Message, StringComparison.Ordinal);
        Assert.Single(server.Seen);
    }
}
