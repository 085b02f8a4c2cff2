using System.Collections.Concurrent;
using System.Threading.Channels;
using BackupRunner.Tests.Kube.Fake;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Kube.Simulation;

/// <summary>
/// What a cluster does besides its API server, on one node: StatefulSets, Deployments and Jobs get pods, pods get volumes and containers, which are real
/// processes. Level by level after every change, like the controllers it stands for. Needs root. Not done: rolling updates in steps (a pod of an old
/// template is replaced when it is its turn), Job back-off times (the next pod comes at once), CronJob schedules, ttlSecondsAfterFinished, resource limits,
/// liveness probes, volumes that follow a changed ConfigMap by themselves (see <see cref="Refresh"/>).
/// </summary>
public sealed class SimulatedCluster : IAsyncDisposable
{
    readonly CancellationTokenSource stopping = new();
    readonly Channel<bool> bell = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    readonly ConcurrentDictionary<string, SimulatedImage> images = new();
    readonly Scratch scratch = new();
    readonly SimulatedKubelet kubelet;
    readonly SimulatedSets sets;
    readonly SimulatedJobs jobs;
    readonly Task working;

    public SimulatedCluster(FakeKubeApi api)
    {
        Api = api;
        Controllers = new SimulatedApi(api.Cluster, "kube-controller-manager");
        kubelet = new SimulatedKubelet(this, new SimulatedApi(api.Cluster, "kubelet"));
        sets = new SimulatedSets(Controllers);
        jobs = new SimulatedJobs(Controllers, api.Cluster, this);
        api.Cluster.PodsEndAtOnce = false;
        api.Cluster.Storage.Changed += _ => Ring();
        working = Work();
    }

    public FakeKubeApi Api { get; }

    public SimulatedApi Controllers { get; }

    public Scratch Scratch => scratch;

    /// <summary>Added to every container's environment, such as where the stores of the test are.</summary>
    public Dictionary<string, string> Environment { get; } = [];

    /// <summary>The pods whose containers were started, also those that have ended.</summary>
    public IReadOnlyList<SimulatedPod> Pods => kubelet.Pods;

    /// <summary>While false no pod is started, as when there is no node: they stay Pending.</summary>
    public bool HasNode { get; set; } = true;

    /// <summary>What a container of this image runs. An image that nobody has registered cannot be pulled.</summary>
    public void Register(string image, SimulatedImage runs)
    {
        images[image] = runs;
        Ring();
    }

    public SimulatedImage? ImageOf(string name) => images.GetValueOrDefault(name);

    /// <summary>The folder that stands for a claim's volume. It is there before the claim is, and after.</summary>
    public string ClaimFolder(string @namespace, string claim) => scratch.Folder(Path.Join("claims", @namespace, claim));

    /// <summary>The pod of this name that was started last.</summary>
    public SimulatedPod Pod(string @namespace, string name) => kubelet.Pods.Last(pod => pod.Namespace == @namespace && pod.Name == name);

    /// <summary>Every pod's ConfigMaps, Secrets and tokens are written anew.</summary>
    public void Refresh()
    {
        foreach (var pod in kubelet.Pods.Where(pod => !pod.Ended.IsCompleted))
            pod.Volumes.Refresh();
    }

    /// <summary>Waits until <paramref name="holds"/>, which is asked after every change; fails the test, with what the pods said, after <paramref name="patience"/>.</summary>
    public async Task Until(Func<bool> holds, string what, CancellationToken cancel, TimeSpan? patience = null)
    {
        var changed = new SemaphoreSlim(1);
        void Notice(FakeChange change) => changed.Release();
        Api.Cluster.Storage.Changed += Notice;
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancel, stopping.Token);
        late.CancelAfter(patience ?? TimeSpan.FromMinutes(5));
        try
        {
            while (!holds())
                await changed.WaitAsync(late.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            if (working.IsFaulted)
                await working;
            Assert.Fail($"never: {what}\n" + string.Join('\n', kubelet.Pods.Select(pod => $"--- {pod.Name}\n{pod.Log}")));
        }
        finally
        {
            Api.Cluster.Storage.Changed -= Notice;
        }
    }

    /// <summary>Something may have to be done.</summary>
    public void Ring() => bell.Writer.TryWrite(true);

    /// <summary>Kills every container. Throws what broke the simulation, if anything did.</summary>
    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        try
        {
            await working;
        }
        catch (OperationCanceledException)
        {
            // It was stopped.
        }
        finally
        {
            await kubelet.DisposeAsync();
            scratch.Dispose();
            stopping.Dispose();
        }
    }

    async Task Work()
    {
        try
        {
            await foreach (var _ in bell.Reader.ReadAllAsync(stopping.Token))
            {
                await Api.Settled(stopping.Token);
                await Pass(sets.Pass);
                await Pass(jobs.Pass);
                await Pass(kubelet.Pass);
            }
        }
        catch (Exception problem) when (problem is not OperationCanceledException)
        {
            await stopping.CancelAsync();
            throw;
        }
    }

    // Somebody else was faster, or a webhook is against it: again, after the next change.
    async Task Pass(Func<CancellationToken, Task> pass)
    {
        try
        {
            await pass(stopping.Token);
        }
        catch (FakeStatusException refused) when (refused.Code is 403 or 404 or 409 or 422)
        {
            Refusals.Enqueue(refused.Message);
        }
    }

    /// <summary>What the API server refused the controllers.</summary>
    public ConcurrentQueue<string> Refusals { get; } = new();
}
