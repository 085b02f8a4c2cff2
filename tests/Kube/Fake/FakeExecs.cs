using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace BackupRunner.Tests.Kube.Fake;

/// <summary>What shall happen to an exec. The counted bytes are those of both output streams.</summary>
/// <param name="CutAfterBytes">The connection is cut once that much was sent.</param>
/// <param name="LoseStatus">The command ends, and the connection is cut instead of telling how.</param>
/// <param name="CloseWithoutStatus">The command ends, and the connection is closed in good order, without a Status.</param>
public sealed record FakeExecFault(long? CutAfterBytes = null, bool LoseStatus = false, bool CloseWithoutStatus = false);

/// <summary>An exec that was begun: its command, and its process on this machine.</summary>
public sealed record FakeExecution(string Namespace, string Pod, string Container, IReadOnlyList<string> Command)
{
    readonly TaskCompletionSource<int> ending = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Also its process group and its session. 0 until it has started.</summary>
    public int ProcessId { get; internal set; }

    /// <summary>Ends with the process, whatever became of the connection.</summary>
    public Task<int> Ended => ending.Task;

    internal void Finish(int exitCode) => ending.TrySetResult(exitCode);
}

/// <summary><c>pods/exec</c> over WebSocket: what is answered before the connection is upgraded.</summary>
public sealed class FakeExecs(FakeCluster cluster, FakeContainers containers)
{
    readonly ConcurrentQueue<(Func<FakeExecution, bool> Which, FakeExecFault Fault)> faults = new();
    readonly ConcurrentQueue<FakeExecution> begun = new();

    public IReadOnlyList<FakeExecution> Begun => [.. begun];

    /// <summary>The next exec that is meant ends so.</summary>
    public void Break(Func<FakeExecution, bool> which, FakeExecFault fault) => faults.Enqueue((which, fault));

    public async Task Serve(HttpContext http, FakeRequest request, CancellationToken cancel)
    {
        var kind = cluster.Kinds["pods"];
        // Over WebSocket it begins with a GET, and the server wants both verbs.
        cluster.Authorizer.Demand(request, "create");
        var pod = cluster.Storage.Get(FakeKey.Of(kind, request.Namespace, request.Name)) ?? throw FakeStatusException.NotFound(kind, request.Name);
        var container = ContainerOf(pod.Item, request.Name, request.Query["container"].ToString());
        if ((string?)pod.Item["spec"]!["nodeName"] is null or "")
            throw FakeStatusException.BadRequest($"pod {request.Name} does not have a host assigned");
        var command = request.Query["command"].Select(word => word!).ToList();
        if (command.Count == 0)
            throw FakeStatusException.BadRequest("you must specify at least 1 command for the container");
        if (!http.WebSockets.IsWebSocketRequest)
            throw FakeStatusException.BadRequest("Upgrade request required");
        var protocol = http.WebSockets.WebSocketRequestedProtocols.FirstOrDefault(offered => offered is "v5.channel.k8s.io" or "v4.channel.k8s.io");
        if (protocol is null)
            throw FakeStatusException.Forbidden("pods", "", "pods", request.Name, $"unable to upgrade: no supported subprotocol in [{string.Join(' ', http.WebSockets.WebSocketRequestedProtocols)}]");
        var runs = containers[request.Namespace, request.Name, container] ?? throw FakeStatusException.Internal($"unable to upgrade connection: container not found (\"{container}\")");
        var execution = new FakeExecution(request.Namespace, request.Name, container, command);
        begun.Enqueue(execution);
        using var socket = await http.WebSockets.AcceptWebSocketAsync(protocol);
        var fault = faults.FirstOrDefault(rule => rule.Which(execution));
        if (fault.Fault is not null)
            Forget(fault.Which);
        using var session = new FakeExecSession(socket, runs, execution, fault.Fault ?? new FakeExecFault(), half: protocol[1] == '5');
        if (!await session.Run(request.Is("stdin"), request.Is("stdout"), request.Is("stderr"), cancel))
            http.Abort();
    }

    void Forget(Func<FakeExecution, bool> which)
    {
        for (var left = faults.Count; left > 0 && faults.TryDequeue(out var rule); left--)
        {
            if (rule.Which != which)
                faults.Enqueue(rule);
        }
    }

    static string ContainerOf(JsonObject pod, string name, string asked)
    {
        var names = ((JsonArray)pod["spec"]!["containers"]!).Concat(pod["spec"]!["initContainers"] as JsonArray ?? []).Select(container => (string)container!["name"]!).ToList();
        if (asked.Length == 0 && names.Count == 1)
            return names[0];
        if (asked.Length == 0)
            throw FakeStatusException.BadRequest($"a container name must be specified for pod {name}, choose one of: [{string.Join(' ', names)}]");
        return names.Contains(asked) ? asked : throw FakeStatusException.BadRequest($"container {asked} is not valid for pod {name}");
    }
}
