using System.Globalization;
using System.Text.Json.Nodes;

namespace BackupRunner.Tests.Kube.Simulation;

/// <summary>A pod on the node: its volumes, and its containers from the first start to the last end.</summary>
public sealed class SimulatedPod : IAsyncDisposable
{
    readonly SimulatedCluster cluster;
    readonly CancellationTokenSource stopping = new();
    readonly Dictionary<string, SimulatedRun> runs = [];
    readonly string folder;
    bool deleting;

    public SimulatedPod(SimulatedCluster cluster, JsonObject item)
    {
        (this.cluster, Item) = (cluster, item);
        folder = cluster.Scratch.Folder(Path.Join("pods", Uid));
        Volumes = new SimulatedVolumes(cluster.Api, item, folder, claim => cluster.ClaimFolder(Namespace, claim));
        Ended = Task.CompletedTask;
    }

    /// <summary>As it was when it was started.</summary>
    public JsonObject Item { get; }

    public string Namespace => (string)Item["metadata"]!["namespace"]!;

    public string Name => (string)Item["metadata"]!["name"]!;

    public string Uid => (string)Item["metadata"]!["uid"]!;

    public SimulatedVolumes Volumes { get; }

    /// <summary>Ends with the last container, when none is to be started again.</summary>
    public Task Ended { get; private set; }

    /// <summary>Those that were begun so far, in that order.</summary>
    public IReadOnlyDictionary<string, SimulatedRun> Runs
    {
        get
        {
            lock (runs)
                return new Dictionary<string, SimulatedRun>(runs);
        }
    }

    public string Log => string.Join('\n', Runs.Select(run => $"[{run.Key}] {run.Value.Log}"));

    /// <summary>The only container's, or the named one's.</summary>
    public SimulatedRun Container(string? name = null) => name is null ? Runs.Values.Single() : Runs[name];

    public void Start() => Ended = Whole();

    /// <summary>As a kubelet ends a pod: SIGTERM to every container, and SIGKILL after the grace period. Once only.</summary>
    public void Terminate(TimeSpan grace)
    {
        if (deleting)
            return;
        deleting = true;
        _ = End(grace);
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        foreach (var run in Runs.Values)
            run.Current?.Signal("KILL");
        await Ended.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        foreach (var run in Runs.Values)
            run.Dispose();
        stopping.Dispose();
    }

    async Task End(TimeSpan grace)
    {
        foreach (var run in Runs.Values)
            run.Current?.Signal("TERM");
        await Task.WhenAny(Ended, Task.Delay(grace, cluster.Api.Cluster.Time, stopping.Token));
        foreach (var run in Runs.Values)
            run.Current?.Signal("KILL");
    }

    async Task Whole()
    {
        foreach (var spec in Containers("initContainers"))
        {
            var first = Add(spec);
            await first.Once(Restarts(first), stopping.Token);
            if (first.Last?.ExitCode != 0)
                return;
        }
        await Task.WhenAll(Containers("containers").Select(spec => Add(spec)).ToList().Select(run => run.Once(Restarts(run), stopping.Token)));
    }

    IEnumerable<JsonObject> Containers(string list) => (Item["spec"]![list] as JsonArray ?? []).OfType<JsonObject>();

    Func<bool> Restarts(SimulatedRun run) => () => !deleting && !stopping.IsCancellationRequested && (string)Item["spec"]!["restartPolicy"]! switch
    {
        "Always" => true,
        "OnFailure" => run.Last?.ExitCode != 0,
        _ => false,
    };

    SimulatedRun Add(JsonObject spec)
    {
        var name = (string)spec["name"]!;
        var own = Path.Join(folder, "containers", name);
        var image = cluster.ImageOf((string)spec["image"]!) ?? throw new InvalidOperationException($"no image \"{spec["image"]}\"");
        var run = new SimulatedRun(cluster, this, spec, image, own, Environment(spec, image));
        lock (runs)
            runs[name] = run;
        return run;
    }

    Dictionary<string, string> Environment(JsonObject spec, SimulatedImage image)
    {
        var all = new Dictionary<string, string>
        {
            ["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            ["HOME"] = "/root",
            ["HOSTNAME"] = Name,
            ["KUBERNETES_SERVICE_HOST"] = "127.0.0.1",
            ["KUBERNETES_SERVICE_PORT"] = cluster.Api.Port.ToString(CultureInfo.InvariantCulture),
            ["KUBERNETES_SERVICE_PORT_HTTPS"] = cluster.Api.Port.ToString(CultureInfo.InvariantCulture),
        };
        foreach (var (name, value) in image.Environment.Concat(cluster.Environment))
            all[name] = value;
        foreach (var source in (spec["envFrom"] as JsonArray ?? []).OfType<JsonObject>())
        {
            var of = source["secretRef"] ?? source["configMapRef"];
            foreach (var (name, value) in Data(source["secretRef"] is null ? "configmaps" : "secrets", (string)of!["name"]!))
                all[(string?)source["prefix"] + name] = value;
        }
        foreach (var variable in (spec["env"] as JsonArray ?? []).OfType<JsonObject>())
            all[(string)variable["name"]!] = Value(variable, all);
        return all;
    }

    string Value(JsonObject variable, Dictionary<string, string> known)
    {
        var from = variable["valueFrom"];
        if (from?["fieldRef"] is { } field)
            return SimulatedVolumes.Field(cluster.Api.Cluster.Get("pods", Namespace, Name)?.Item ?? Item, (string)field["fieldPath"]!);
        if ((from?["secretKeyRef"] ?? from?["configMapKeyRef"]) is { } key)
            return Data(from?["secretKeyRef"] is null ? "configmaps" : "secrets", (string)key["name"]!).GetValueOrDefault((string)key["key"]!, "");
        return known.Aggregate((string?)variable["value"] ?? "", (text, other) => text.Replace($"$({other.Key})", other.Value, StringComparison.Ordinal));
    }

    Dictionary<string, string> Data(string plural, string name) => (cluster.Api.Cluster.Get(plural, Namespace, name)?.Item["data"] as JsonObject ?? []).ToDictionary(
        key => key.Key, key => plural == "secrets" ? System.Text.Encoding.UTF8.GetString(Convert.FromBase64String((string)key.Value!)) : (string)key.Value!);
}
