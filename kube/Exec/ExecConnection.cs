using System.Net.WebSockets;
using System.Runtime.ExceptionServices;

namespace BackupRunner.Kube;

/// <summary>Connects a WebSocket to <c>pods/exec</c>.</summary>
static class ExecConnection
{
    /// <summary>The one with a half-close of the input; API servers have it since Kubernetes 1.30.</summary>
    const string Protocol = "v5.channel.k8s.io";

    static readonly TimeSpan KeepAliveInterval = TimeSpan.FromSeconds(15);

    /// <summary>An answer to a ping comes behind all output that is not yet taken, and an archive may wait for a slow store. A dead host is noticed by TCP.</summary>
    static readonly TimeSpan KeepAliveTimeout = TimeSpan.FromMinutes(15);

    public static Task<KubeExec> Open(KubeConfig config, KubeTransport transport, ExecRequest request, CancellationToken cancel)
    {
        var call = Call(request);
        return transport.Retry(call, patience => Connect(config, transport, call, patience), cancel);
    }

    /// <summary>A POST in all but name: what may have started a command is not sent again.</summary>
    static KubeCall Call(ExecRequest request)
    {
        var query = Query.Of([("container", request.Container), .. request.Command.Select(word => ("command", (string?)word)),
            ("stdout", "true"), ("stderr", "true"), ("stdin", request.Input ? "true" : null)]);
        var pods = KubeResources.Pods with { Subresource = "exec" };
        return KubeCall.To(HttpMethod.Post, "create", pods, request.Namespace, request.Pod, query);
    }

    static async Task<KubeExec> Connect(KubeConfig config, KubeTransport transport, KubeCall call, Patience patience)
    {
        var socket = new ClientWebSocket();
        try
        {
            socket.Options.AddSubProtocol(Protocol);
            socket.Options.KeepAliveInterval = KeepAliveInterval;
            socket.Options.KeepAliveTimeout = KeepAliveTimeout;
            using var refusals = new ExecRefusals(transport, call, patience);
            using var invoker = new HttpMessageInvoker(refusals, disposeHandler: false);
            await socket.ConnectAsync(Address(config.Server, call), invoker, patience.Token);
            if (socket.SubProtocol != Protocol)
                throw call.Failed(new() { Status = "Failure", Message = $"the server does not speak {Protocol}" }, System.Net.HttpStatusCode.SwitchingProtocols);
            return new(socket, call);
        }
        catch (Exception e)
        {
            socket.Dispose();
            if (e is WebSocketException { InnerException: KubeException or HttpRequestException or IOException or OperationCanceledException })
                ExceptionDispatchInfo.Throw(e.InnerException);
            if (e is WebSocketException)
                throw new IOException(e.Message, e);
            throw;
        }
    }

    static Uri Address(Uri server, KubeCall call)
    {
        var http = server.AbsoluteUri.TrimEnd('/') + call.PathAndQuery;
        return new("ws" + http["http".Length..]);
    }
}
