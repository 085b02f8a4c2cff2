using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Kube.Fake;

public sealed class FakeExecTests : IAsyncLifetime
{
    FakeKubeApi api = null!;
    FakeCaller admin = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        api = await FakeKubeApi.Start(Cancel);
        admin = new FakeCaller(api, api.AdminToken);
        await admin.Call("POST", "/api/v1/namespaces/default/pods", """{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"nodeName":"n","containers":[{"name":"c","image":"i:1"}]}}""");
        api.Containers.Register("default", "p", "c", new FakeContainer());
    }

    public async ValueTask DisposeAsync()
    {
        admin.Dispose();
        await api.DisposeAsync();
    }

    [Theory]
    [InlineData("get", 403)]
    [InlineData("create", 403)]
    [InlineData("get\",\"create", 101)]
    public async Task It_takes_both_verbs(string verbs, int status)
    {
        await admin.Call("POST", "/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles",
            $$"""{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"Role","metadata":{"name":"r"},"rules":[{"apiGroups":[""],"resources":["pods/exec"],"resourceNames":["p"],"verbs":["{{verbs}}"]}]}""");
        await admin.Call("POST", "/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings", """
            {"apiVersion":"rbac.authorization.k8s.io/v1","kind":"RoleBinding","metadata":{"name":"r"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"r"},
            "subjects":[{"kind":"ServiceAccount","name":"default","namespace":"default"}]}
            """);
        using var account = new FakeCaller(api, api.TokenOf("default", "default"));

        var (socket, answered) = await account.Connect("/api/v1/namespaces/default/pods/p/exec?command=true&stdout=true", "v5.channel.k8s.io");

        Assert.Equal(status, answered);
        socket?.Dispose();
    }

    [Fact]
    public async Task A_client_that_goes_away_closes_the_input_and_the_command_runs_on()
    {
        using var scratch = new Scratch();
        var (socket, _) = await admin.Connect($"/api/v1/namespaces/default/pods/p/exec?command=sh&command=-c&command={Uri.EscapeDataString($"echo up; cat >/dev/null; echo went on >{scratch["file"]}; exit 4")}&stdout=true&stdin=true", "v5.channel.k8s.io");
        Assert.Equal("1:", await Frame(socket!));
        Assert.Equal("1:up\n", await Frame(socket!));

        socket!.Abort();

        var execution = Assert.Single(api.Execs.Begun);
        Assert.Equal(4, await execution.Ended.WaitAsync(Cancel));
        Assert.Equal("went on\n", await File.ReadAllTextAsync(scratch["file"], Cancel));
    }

    [Fact]
    public async Task The_process_leads_a_group_of_its_own()
    {
        var (socket, _) = await admin.Connect("/api/v1/namespaces/default/pods/p/exec?command=sh&command=-c&command=echo%20%24%24%20%24(ps%20-o%20pgid%3D%20-p%20%24%24)&stdout=true", "v5.channel.k8s.io");
        await Frame(socket!);
        var said = (await Frame(socket!))[2..].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(said[0], said[1]);
        Assert.Equal(said[0], $"{api.Execs.Begun.Single().ProcessId}");
        socket!.Dispose();
    }

    [Fact]
    public async Task A_client_that_does_not_read_holds_the_command_up()
    {
        var (socket, _) = await admin.Connect("/api/v1/namespaces/default/pods/p/exec?command=sh&command=-c&command=head%20-c%2040000000%20%2Fdev%2Fzero&stdout=true", "v5.channel.k8s.io");
        await Frame(socket!);
        var ended = api.Execs.Begun.Single().Ended;

        await Assert.ThrowsAsync<TimeoutException>(() => ended.WaitAsync(TimeSpan.FromSeconds(1), Cancel));

        while (!(await Frame(socket!)).StartsWith("3:", StringComparison.Ordinal))
        {
        }
        Assert.Equal(0, await ended.WaitAsync(Cancel));
        socket!.Dispose();
    }

    [Fact]
    public async Task It_is_cut_where_the_test_says()
    {
        const string path = "/api/v1/namespaces/default/pods/p/exec?command=sh&command=-c&command=head%20-c%20100000%20%2Fdev%2Fzero&stdout=true";
        api.Execs.Break(_ => true, new FakeExecFault(CutAfterBytes: 40000));
        api.Execs.Break(_ => true, new FakeExecFault(LoseStatus: true));
        api.Execs.Break(_ => true, new FakeExecFault(CloseWithoutStatus: true));

        Assert.Equal((40000, "cut"), await Drain(path));
        Assert.Equal((100000, "cut"), await Drain(path));
        Assert.Equal((100000, "closed"), await Drain(path));
        Assert.Equal((100000, "Success"), await Drain(path));
    }

    async Task<(int Bytes, string End)> Drain(string path)
    {
        var (socket, _) = await admin.Connect(path, "v5.channel.k8s.io");
        using var _ = socket;
        var (bytes, status) = (0, "");
        try
        {
            while (await Frame(socket!) is { Length: > 0 } frame)
            {
                if (frame[0] == '3')
                    status = (string)JsonNode.Parse(frame[2..])!["status"]!;
                else
                    bytes += frame.Length - 2;
            }
            return (bytes, status.Length > 0 ? status : "closed");
        }
        catch (WebSocketException)
        {
            return (bytes, "cut");
        }
    }

    /// <summary>All that follow: the channel, a colon, the content.</summary>
    public static async Task<IReadOnlyList<string>> Frames(WebSocket socket)
    {
        var frames = new List<string>();
        while (await Frame(socket) is { Length: > 0 } frame)
            frames.Add(frame);
        return frames;
    }

    static async Task<string> Frame(WebSocket socket)
    {
        var buffer = new byte[64 * 1024];
        var length = 0;
        while (true)
        {
            var received = await socket.ReceiveAsync(buffer.AsMemory(length), Cancel);
            if (received.MessageType == WebSocketMessageType.Close)
                return "";
            length += received.Count;
            if (received.EndOfMessage)
                return $"{buffer[0]}:{Encoding.UTF8.GetString(buffer, 1, length - 1)}";
        }
    }
}
