using System.Collections;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using BackupRunner.Kube;
using BackupRunner.Webhook;
using BackupRunner.Webhook.Admission;
using BackupRunner.Webhook.Backups;
using BackupRunner.Webhook.Keys;
using BackupRunner.Webhook.Logging;
using BackupRunner.Webhook.Plans;
using BackupRunner.Webhook.Reconcile;
using BackupRunner.Webhook.Recovery;
using BackupRunner.Webhook.Restores;
using BackupRunner.Webhook.Status;
using BackupRunner.Webhook.Status.Metrics;
using BackupRunner.Webhook.Status.View;
using BackupRunner.Webhook.Tls;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

using var stop = new CancellationTokenSource();
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
// As the namespaceSelectors of manifests/webhooks.yaml have it, beside the webhook's own.
const string KubeSystem = "kube-system";
var environment = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().ToDictionary(variable => (string)variable.Key, variable => (string)variable.Value!);

try
{
    return await CommandLine.Run(args, Console.Out, Console.Error, Serve, stop.Token);
}
catch (IOException taken) when (taken.InnerException is AddressInUseException or SocketException)
{
    await Console.Error.WriteLineAsync("error: cannot listen: " + taken.Message);
    return CommandLine.Usage;
}
catch (Exception bug) when (bug is not OperationCanceledException || !stop.IsCancellationRequested)
{
    await Console.Error.WriteLineAsync($"error: this is a bug\n{bug}");
    return 1;
}

void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.Cancel();
}

async Task<int> Serve(WebhookOptions options, CancellationToken cancel)
{
    var time = TimeProvider.System;
    using var output = Console.OpenStandardOutput();
    using var logs = LoggerFactory.Create(logging => logging.SetMinimumLevel(options.LogLevel).AddFilter("Microsoft", LogLevel.Warning).AddProvider(new JsonLog(output, time)));
    var version = typeof(WebhookOptions).Assembly.GetName().Version!.ToString(3);
    logs.CreateLogger("Start").Starts(version, options.RunnerImage);
    KubeConfig config;
    try
    {
        config = (options.Kubeconfig is { } file ? KubeConfig.FromFile(file, options.Context) : KubeConfig.InCluster(environment))
            ?? throw new KubeConfigException("this is no pod of a cluster; give --kubeconfig");
    }
    catch (KubeConfigException e)
    {
        await Console.Error.WriteLineAsync("error: " + e.Message);
        return CommandLine.Usage;
    }
    using var kube = new KubeClient(config with { CallsPerSecond = 200, CallsAtOnce = 400 }, time);
    var (readiness, liveness, serving, metrics) = (new Readiness(), new Liveness(), new ServingCertificate(time), new WebhookMetrics());
    var named = new TaskCompletionSource();
    readiness.Add("the API server has not answered yet", named.Task);
    readiness.Add(() => serving.Problem);
    await using var health = await Listener.Start(logs, kestrel => kestrel.ListenAnyIP(options.HealthPort), server => server.UseHealth(readiness, liveness));
    if (await ClusterName.Of(options, kube, time, logs.CreateLogger<ClusterName>(), cancel) is not { } cluster)
        return 0;
    named.SetResult();

    var place = new WebhookPlace(options.Namespace ?? config.Namespace, options.Service);
    var instance = environment.GetValueOrDefault("POD_NAME") ?? Environment.MachineName;
    var installation = new Installation(options.RunnerImage, cluster)
    {
        SecretNamespaces = options.SecretNamespaces,
        Unreviewed = [KubeSystem, place.Namespace],
        Account = $"system:serviceaccount:{place.Namespace}:{environment.GetValueOrDefault("POD_SERVICE_ACCOUNT") ?? "backup-webhook"}",
    };
    var cache = new ClusterCache();
    var watch = new ClusterWatch(kube, cache, options.SecretNamespaces, time, logs.CreateLogger<ClusterWatch>());
    FindBackup findBackup = cache.Catalog.Find;
    using var admission = new AdmissionEndpoints(new AdmissionDecisions(cache, new AccessReviews(kube.IsAllowed, time), installation) { Backups = findBackup }, time, logs.CreateLogger<AdmissionEndpoints>(), metrics.Admission);

    var (notes, applier) = (new ProblemNotes(), new Applier(kube, cache.Own));
    var events = new EventRecorder(kube, instance, logs.CreateLogger<EventRecorder>(), time);
    var assessor = new Assessor(cache, installation, notes);
    var secretNamespaces = options.SecretNamespaces.ToHashSet();
    var secretTending = new SecretTending(kube, time, secretNamespaces, installation, demand => CopyReconciler.MayMake(cache, demand));
    using var secrets = new SecretReconciler(kube, cache, secretTending, notes, installation, events, metrics.Keys);
    var copies = new CopyReconciler(cache.Own, secretTending);
    var leases = new LeaseRemoval(kube, cache, applier, time);
    var outcomes = new JobOutcomes(kube);
    var steps = new ReconcileSteps(
        cache,
        new WorkloadReconciler(kube, cache, assessor, applier, leases, copies, secrets, new RingPlaces(kube, secretNamespaces), events, time, logs.CreateLogger<WorkloadReconciler>()),
        new OrphanReconciler(kube, cache, applier, leases, time),
        new PolicyReconciler(kube, cache, time),
        new LeaseReconciler(cache, assessor, new LeaseTending(kube, events, instance, time), notes),
        secrets,
        new BackupReconciler(cache, notes, time),
        new BackupObjectReconciler(kube, cache, assessor, outcomes, events, time),
        new CatalogReconciler(kube, cache, outcomes, events, time),
        new RestoreReconciler(kube, cache, installation, findBackup, events, metrics.Restores, time));
    var loop = new ReconcileLoop(cache, steps.Everything, steps.Of, time, logs.CreateLogger<ReconcileLoop>(), metrics.Queues);
    var leadership = new Leadership(kube, place.Namespace, $"{instance}_{Guid.NewGuid():n}", time, logs.CreateLogger<Leadership>());

    using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancel);
    var watching = watch.Run(ending.Token);
    readiness.Add("the first listing of the cluster has not ended yet", watch.Synced);
    await using var server = await Listener.Start(logs, kestrel =>
    {
        kestrel.Limits.MaxRequestBodySize = AdmissionLimits.BodyBytes + 1;
        kestrel.ListenAnyIP(options.Port, serving.UseIn);
    }, server => AdmissionEndpoints.Map(server, admission));

    var leads = false;
    var views = new StatusViews(cache, installation, () => leads, () => serving.Current is { } certificate ? Validity.End(certificate) : null, time);
    await using var status = options.StatusPort == 0 ? null : await Listener.Start(logs, kestrel => kestrel.ListenAnyIP(options.StatusPort), server => server.UseStatus(views.Now, metrics));

    (string Name, Task Loop)[] loops =
    [
        ("the loop of certificates", CertificateSource.Of(options, kube, place, time, logs).Run(serving, ending.Token)),
        ("the watch of the cluster", watching),
        ("the reconcile loop", Lead(ending.Token)),
    ];
    foreach (var (name, running) in loops)
        liveness.Add(name, running);
    await Task.WhenAny([.. loops.Select(one => one.Loop), Task.Delay(Timeout.InfiniteTimeSpan, cancel)]);
    await GracefulStop.Run(readiness, server, async () =>
    {
        await ending.CancelAsync();
        await Task.WhenAll(loops.Select(one => one.Loop.ContinueWith(ended => ended.IsFaulted ? ended : Task.CompletedTask, TaskScheduler.Default).Unwrap()));
    }, time);
    return 0;

    async Task Lead(CancellationToken end)
    {
        await watch.Synced.WaitAsync(end);
        await leadership.Run(async term =>
        {
            leads = true;
            try
            {
                await loop.Run(term);
            }
            finally
            {
                leads = false;
            }
        }, end);
    }
}
