using System.Text.Json.Nodes;
using BackupRunner.Tests.Kube.Fake;

namespace BackupRunner.Tests.Kube.Simulation;

/// <summary>A container through its restarts.</summary>
public sealed class SimulatedRun(SimulatedCluster cluster, SimulatedPod pod, JsonObject spec, SimulatedImage image, string folder, IReadOnlyDictionary<string, string> environment) : IDisposable
{
    readonly Lock gate = new();
    readonly string id = Convert.ToHexStringLower(Guid.NewGuid().ToByteArray()) + Convert.ToHexStringLower(Guid.NewGuid().ToByteArray());
    string before = "";

    public SimulatedContainer? Current { get; private set; }

    /// <summary>How it ended last; null while it has never ended.</summary>
    public SimulatedExit? Last { get; private set; }

    public int Restarts { get; private set; }

    public bool IsReady { get; private set; }

    public string Name => (string)spec["name"]!;

    public string Log
    {
        get
        {
            lock (gate)
                return before + (Current?.Log ?? "");
        }
    }

    /// <summary>Runs it, and again as long as it is to be restarted.</summary>
    public async Task Once(Func<bool> restarts, CancellationToken cancel)
    {
        for (var round = 0; ; round++)
        {
            using var over = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            var running = SimulatedContainer.Start(spec, pod.Item, image, pod.Volumes, Path.Join(folder, $"{round}"), environment, cluster.Api.Cluster.Time);
            Current = running;
            await running.Ready(cancel);
            if (running.Id > 0)
                cluster.Api.Containers.Register(pod.Namespace, pod.Name, Name, running.Executes(spec, pod.Item, image, environment));
            cluster.Ring();
            var probing = Probe(running, over.Token);
            var ended = await running.Ended;
            await over.CancelAsync();
            await probing;
            lock (gate)
            {
                before += running.Log;
                (Last, Current, IsReady) = (ended, null, false);
            }
            running.Dispose();
            cluster.Ring();
            if (!restarts())
                return;
            Restarts++;
            // A container that ends at once must not be a busy loop.
            await Task.Delay(TimeSpan.FromMilliseconds(200), cancel);
        }
    }

    public JsonObject Status()
    {
        SimulatedContainer? current;
        SimulatedExit? last;
        bool isReady;
        lock (gate)
            (current, last, isReady) = (Current, Last, IsReady);
        var state = current is { } running
            ? new JsonObject { ["running"] = new JsonObject { ["startedAt"] = FakeCluster.Stamp(running.Started) } }
            : last is { } ended ? new JsonObject { ["terminated"] = Terminated(ended) } : new JsonObject { ["waiting"] = new JsonObject { ["reason"] = "ContainerCreating" } };
        var status = new JsonObject
        {
            ["name"] = Name,
            ["state"] = state,
            ["lastState"] = current is not null && last is { } earlier ? new JsonObject { ["terminated"] = Terminated(earlier) } : new JsonObject(),
            ["ready"] = isReady,
            ["restartCount"] = Restarts,
            ["image"] = (string)spec["image"]!,
            ["imageID"] = "sha256:" + id,
            ["containerID"] = "containerd://" + id,
            ["started"] = current is not null,
        };
        return status;
    }

    public void Dispose() => Current?.Dispose();

    JsonObject Terminated(SimulatedExit ended)
    {
        var terminated = new JsonObject { ["exitCode"] = ended.ExitCode, ["reason"] = ended.ExitCode == 0 ? "Completed" : "Error" };
        if (ended.Message.Length > 0)
            terminated["message"] = ended.Message;
        terminated["startedAt"] = FakeCluster.Stamp(ended.Started);
        terminated["finishedAt"] = FakeCluster.Stamp(ended.Finished);
        terminated["containerID"] = "containerd://" + id;
        return terminated;
    }

    async Task Probe(SimulatedContainer running, CancellationToken cancel)
    {
        var command = (spec["readinessProbe"]?["exec"]?["command"] as JsonArray)?.Select(word => (string)word!).ToList() ?? image.Ready;
        try
        {
            while (command.Count > 0 && !running.Ended.IsCompleted && !await Succeeds(running, command, cancel))
                await Task.Delay(TimeSpan.FromMilliseconds(50), cancel);
            IsReady = !running.Ended.IsCompleted;
            cluster.Ring();
        }
        catch (OperationCanceledException)
        {
            // It ended before it was ready.
        }
    }

    async Task<bool> Succeeds(SimulatedContainer running, IReadOnlyList<string> command, CancellationToken cancel)
    {
        string[] line = [.. running.Executes(spec, pod.Item, image, environment).Enter, .. command];
        var start = new System.Diagnostics.ProcessStartInfo(line[0], line[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment.Clear();
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var process = System.Diagnostics.Process.Start(start)!;
        await Task.WhenAll(process.StandardOutput.ReadToEndAsync(cancel), process.StandardError.ReadToEndAsync(cancel));
        await process.WaitForExitAsync(cancel);
        return process.ExitCode == 0;
    }
}
