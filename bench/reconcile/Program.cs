using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using BackupRunner.Kube;
using BackupRunner.Tests.Kube.Fake;

// Protects so many StatefulSets with three claims each, with the real webhook against the API server of the tests, and prints what each step took:
// reconcile WEBHOOK WORKLOADS FOLDER
var (webhook, workloads, folder) = (args[0], int.Parse(args[1], CultureInfo.InvariantCulture), args[2]);
const int PerNamespace = 100;
await using var api = await FakeKubeApi.Start(CancellationToken.None);
var kubeconfig = Path.Combine(folder, "kubeconfig");
File.WriteAllText(kubeconfig, $$$"""
    apiVersion: v1
    kind: Config
    clusters: [{name: c, cluster: {server: "{{{api.Address}}}", certificate-authority-data: "{{{Convert.ToBase64String(Encoding.UTF8.GetBytes(api.AuthorityPem))}}}"}}]
    contexts: [{name: x, context: {cluster: c, user: u}}]
    users: [{name: u, user: {token: "{{{api.AdminToken}}}"}}]
    current-context: x
    """);
using var kube = new KubeClient(KubeConfig.FromFile(kubeconfig, null) with { CallsPerSecond = 1e6, CallsAtOnce = 1_000_000 }, TimeProvider.System);
await Fill();

Console.WriteLine("| step | seconds | reads | writes | watches | peak memory, MiB |");
Console.WriteLine("| --- | --- | --- | --- | --- | --- |");
await Run("2,000 new workloads".Replace("2,000", workloads.ToString("N0", CultureInfo.InvariantCulture), StringComparison.Ordinal), null);
await Run("restart", null);
await Run("restart, then one is scaled", async () =>
{
    var scaled = await kube.MergePatch(KubeResources.StatefulSets.OfScale(), "team-0", "db-0", new JsonObject { ["spec"] = new JsonObject { ["replicas"] = 2 } }, CancellationToken.None);
    await Until(() => api.Cluster.Get("cronjobs", "team-0", "backup-db-0-data0-db-0-1") is not null);
});
return;

async Task Run(string step, Func<Task>? then)
{
    var (log, before) = (new StringBuilder(), api.Log.Count);
    var start = new ProcessStartInfo(webhook, ["--kubeconfig", kubeconfig, "--namespace", "default", "--runner-image", "backup-runner:0.1.0", "--port", Port(), "--health-port", Port(), "--status-port", "0"])
    {
        RedirectStandardOutput = true,
    };
    // What .NET gives itself in a container of 300 MiB.
    start.Environment["DOTNET_GCHeapHardLimit"] = "0xE100000";
    var clock = Stopwatch.StartNew();
    using var process = Process.Start(start)!;
    process.OutputDataReceived += (_, line) =>
    {
        lock (log)
            log.AppendLine(line.Data);
    };
    process.BeginOutputReadLine();
    await Until(() => Regex.IsMatch(Said(), "looked at everything"));
    var seconds = clock.Elapsed.TotalSeconds;
    if (then is not null)
    {
        before = api.Log.Count;
        clock.Restart();
        await then();
        seconds = clock.Elapsed.TotalSeconds;
    }
    var calls = api.Log.Skip(before).ToList();
    var peak = Regex.Match(File.ReadAllText($"/proc/{process.Id}/status"), @"VmHWM:\s+(\d+)").Groups[1].Value;
    // As a rollout ends it: it gives up the lead.
    using (var end = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]))
        await end.WaitForExitAsync();
    await process.WaitForExitAsync();
    if (Regex.Matches(Said(), "\"level\":\"(warning|error)\".*") is { Count: > 0 } problems)
        Console.Error.WriteLine($"{problems.Count} warnings, first: {problems[0].Value}");
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"| {step} | {seconds:0.0} | {calls.Count(call => call.Verb is "get" or "list")} | {calls.Count(call => call.Verb is "create" or "update" or "patch" or "delete")} | {calls.Count(call => call.Verb == "watch")} | {long.Parse(peak, CultureInfo.InvariantCulture) / 1024} |"));

    string Said()
    {
        lock (log)
            return log.ToString();
    }
}

static string Port()
{
    using var socket = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
    socket.Start();
    return ((System.Net.IPEndPoint)socket.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
}

static async Task Until(Func<bool> holds)
{
    var clock = Stopwatch.StartNew();
    while (!holds())
    {
        if (clock.Elapsed > TimeSpan.FromMinutes(10))
            throw new TimeoutException("the webhook does not come to rest");
        await Task.Delay(20);
    }
}

async Task Fill()
{
    var crd = BackupRunner.Bench.Manifests.Read("manifests/crd-backuppolicies.yaml");
    await kube.Create(KubeResources.Any("apiextensions.k8s.io", "v1", "customresourcedefinitions"), crd, CancellationToken.None);
    for (var space = 0; space * PerNamespace < workloads; space++)
    {
        await api.AddNamespace($"team-{space}", CancellationToken.None);
        await kube.Create(KubeResources.Any("backup.middleware.io", "v1", "backuppolicies"), Object("backup.middleware.io/v1", "BackupPolicy", $"team-{space}", "nightly", null, """
            "spec": {"storage": {"provider": "s3", "bucket": "backups", "region": "eu-central-1", "secretRef": {"name": "storage"}}, "schedule": {"enabled": true},
                     "settings": {"consistency": {"enabled": true, "command": "sync"}, "encryption": {"enabled": true, "keySecretRef": {"name": "key"}}}}
            """), CancellationToken.None);
    }
    await Parallel.ForAsync(0, workloads, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (at, cancel) =>
    {
        var space = $"team-{at / PerNamespace}";
        await kube.Create(KubeResources.Any("apps", "v1", "statefulsets"), Object("apps/v1", "StatefulSet", space, $"db-{at}", "nightly", $$"""
            "spec": {"serviceName": "db", "replicas": 1, "selector": {"matchLabels": {"app": "db-{{at}}"} },
                "template": {"metadata": {"labels": {"app": "db-{{at}}"} }, "spec": {"securityContext": {"runAsUser": 999, "fsGroup": 999}, "containers": [{"name": "db", "image": "db:1",
                    "volumeMounts": [{{string.Join(',', Enumerable.Range(0, 3).Select(volume => $$"""{"name": "data{{volume}}", "mountPath": "/data{{volume}}"}"""))}}]}]} },
                "volumeClaimTemplates": [{{string.Join(',', Enumerable.Range(0, 3).Select(volume => $$"""{"metadata": {"name": "data{{volume}}"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"} } } }"""))}}]}
            """), cancel);
        for (var volume = 0; volume < 3; volume++)
        {
            await kube.Create(KubeResources.Any("", "v1", "persistentvolumeclaims"), Object("v1", "PersistentVolumeClaim", space, $"data{volume}-db-{at}-0", null,
                "\"spec\": {\"accessModes\": [\"ReadWriteOnce\"], \"resources\": {\"requests\": {\"storage\": \"1Gi\"}}}"), cancel);
        }
    });
}

static KubeObject Object(string version, string kind, string space, string name, string? policy, string rest) => System.Text.Json.JsonSerializer.Deserialize($$"""
    {"apiVersion": "{{version}}", "kind": "{{kind}}", "metadata": {"name": "{{name}}", "namespace": "{{space}}"{{(policy is null ? "" : $$""", "annotations": {"backup.middleware.io/policy": "{{policy}}"}""")}}}, {{rest}}}
    """, KubeJson.Default.KubeObject)!;
