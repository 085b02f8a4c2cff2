using System.Text.Json.Nodes;
using BackupRunner.Tests.Kube.Fake;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Kube.Simulation;

public sealed class SimulationTests : IAsyncLifetime
{
    const string Redis = """
        {"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"redis"},"spec":{"replicas":1,"serviceName":"redis","selector":{"matchLabels":{"app":"redis"}},
        "template":{"metadata":{"labels":{"app":"redis"}},"spec":{"containers":[{"name":"redis","image":"redis:7","volumeMounts":[{"name":"data","mountPath":"/data"}]}]}},
        "volumeClaimTemplates":[{"metadata":{"name":"data"},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}}}}]}}
        """;

    FakeKubeApi api = null!;
    SimulatedCluster cluster = null!;
    FakeCaller admin = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        api = await FakeKubeApi.Start(Cancel);
        cluster = new SimulatedCluster(api);
        cluster.Register("redis:7", SimulatedImage.Redis);
        cluster.Register("shell:1", new SimulatedImage { Entrypoint = ["sh", "-c"] });
        admin = new FakeCaller(api, api.AdminToken);
    }

    public async ValueTask DisposeAsync()
    {
        admin.Dispose();
        await cluster.DisposeAsync();
        await api.DisposeAsync();
    }

    [Fact]
    public async Task A_stateful_set_really_stops_and_starts_its_database_and_the_data_stays()
    {
        Assert.Equal(201, (await admin.Call("POST", "/apis/apps/v1/namespaces/default/statefulsets", Redis)).Status);
        await cluster.Until(() => Ready() == 1, "redis-0 is ready", Cancel);
        Assert.Equal("OK\n", await Execute("redis-cli", "SET", "key", "value"));
        var first = cluster.Pod("default", "redis-0").Container().Current!.Id;

        await Scale(0);
        await cluster.Until(() => api.Cluster.Get("pods", "default", "redis-0") is null && Status("replicas") == 0, "redis-0 is gone", Cancel);
        Assert.False(Directory.Exists($"/proc/{first}"));
        Assert.True(File.Exists(Path.Join(cluster.ClaimFolder("default", "data-redis-0"), "dump.rdb")));

        await Scale(1);
        await cluster.Until(() => Ready() == 1 && Status("observedGeneration") == 3, "redis-0 is back", Cancel);
        Assert.Equal("value\n", await Execute("redis-cli", "GET", "key"));
    }

    [Fact]
    public async Task A_claim_is_deleted_with_the_scale_when_the_set_says_so()
    {
        var set = JsonNode.Parse(Redis)!;
        set["spec"]!["persistentVolumeClaimRetentionPolicy"] = new JsonObject { ["whenScaled"] = "Delete" };
        await admin.Call("POST", "/apis/apps/v1/namespaces/default/statefulsets", set.ToJsonString());
        await cluster.Until(() => Ready() == 1, "redis-0 is ready", Cancel);
        await Scale(0);
        await cluster.Until(() => api.Cluster.Get("persistentvolumeclaims", "default", "data-redis-0") is null, "the claim is gone", Cancel);
    }

    [Fact]
    public async Task A_failed_job_tells_its_exit_code_and_its_message_as_it_was_recorded()
    {
        var job = await Job("report", """{"backoffLimit":0,"template":{"spec":{"restartPolicy":"Never","containers":[{"name":"runner","image":"shell:1","args":["head -c 5000 /dev/zero | tr '\\0' x >/dev/termination-log; exit 5"]}]}}}""");

        Assert.Equal(["FailureTarget", "Failed"], ((JsonArray)job["status"]!["conditions"]!).Select(condition => (string)condition!["type"]!));
        Assert.Equal("BackoffLimitExceeded", (string?)job["status"]!["conditions"]![1]!["reason"]);
        Assert.Equal((1, 0, 0), ((int)job["status"]!["failed"]!, (int)job["status"]!["terminating"]!, (int)job["status"]!["ready"]!));
        var pod = PodsOf("report").Single();
        Assert.Equal("Failed", (string?)pod["status"]!["phase"]);
        var ended = pod["status"]!["containerStatuses"]![0]!["state"]!["terminated"]!;
        Assert.Equal((5, "Error", 4096), ((int)ended["exitCode"]!, (string)ended["reason"]!, ((string)ended["message"]!).Length));
    }

    [Fact]
    public async Task A_job_tries_again_as_often_as_it_may_and_not_after_an_exit_code_that_fails_it()
    {
        const string template = """{"spec":{"restartPolicy":"Never","containers":[{"name":"runner","image":"shell:1","args":["exit 3"]}]}}""";
        await Job("often", $$"""{"backoffLimit":2,"template":{{template}}}""");
        var once = await Job("once", $$$"""{"backoffLimit":2,"podFailurePolicy":{"rules":[{"action":"FailJob","onExitCodes":{"containerName":"runner","operator":"In","values":[3]}}]},"template":{{{template}}}}""");

        Assert.Equal(3, PodsOf("often").Count);
        Assert.Single(PodsOf("once"));
        Assert.Equal("PodFailurePolicy", (string?)once["status"]!["conditions"]![1]!["reason"]);
    }

    [Fact]
    public async Task A_pod_sees_its_volumes_where_it_mounts_them_and_nothing_of_the_machine_can_be_written()
    {
        await admin.Call("POST", "/api/v1/namespaces/default/configmaps", """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"policy"},"data":{"policy.yaml":"backup: {}"}}""");
        await admin.Call("POST", "/api/v1/namespaces/default/secrets", """{"apiVersion":"v1","kind":"Secret","metadata":{"name":"keys"},"stringData":{"key":"secret"}}""");
        await admin.Call("POST", "/api/v1/namespaces/default/persistentvolumeclaims", """{"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"data"},"spec":{}}""");
        await File.WriteAllTextAsync(Path.Join(cluster.ClaimFolder("default", "data"), "file"), "of the claim", Cancel);
        const string script = """
            set -e; exec 2>&1
            cat /etc/policy/policy.yaml /etc/keys/key /data/file; echo; readlink /etc/policy/policy.yaml
            ! touch /data/new; ! touch /etc/policy/new; ! touch /usr/new; ! touch /etc/new; touch /backup/shared
            cat /var/run/secrets/kubernetes.io/serviceaccount/namespace; echo " $NAME $KUBERNETES_SERVICE_PORT $$"
            test -s /var/run/secrets/kubernetes.io/serviceaccount/token; grep -c BEGIN /var/run/secrets/kubernetes.io/serviceaccount/ca.crt
            id -u; id -G; hostname
            """;
        var spec = new JsonObject
        {
            ["template"] = new JsonObject
            {
                ["spec"] = new JsonObject
                {
                    ["restartPolicy"] = "Never",
                    ["securityContext"] = JsonNode.Parse("""{"runAsUser":999,"runAsGroup":998,"fsGroup":997}"""),
                    ["containers"] = new JsonArray(new JsonObject
                    {
                        ["name"] = "c",
                        ["image"] = "shell:1",
                        ["args"] = new JsonArray(script),
                        ["env"] = JsonNode.Parse("""[{"name":"NAME","valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}}]"""),
                        ["securityContext"] = JsonNode.Parse("""{"readOnlyRootFilesystem":true,"capabilities":{"drop":["ALL"]},"allowPrivilegeEscalation":false}"""),
                        ["volumeMounts"] = JsonNode.Parse("""[{"name":"p","mountPath":"/etc/policy"},{"name":"k","mountPath":"/etc/keys"},{"name":"d","mountPath":"/data"},{"name":"b","mountPath":"/backup"}]"""),
                    }),
                    ["volumes"] = JsonNode.Parse("""
                        [{"name":"p","configMap":{"name":"policy"}},{"name":"k","secret":{"secretName":"keys","defaultMode":288}},
                         {"name":"d","persistentVolumeClaim":{"claimName":"data","readOnly":true}},{"name":"b","emptyDir":{}}]
                        """),
                },
            },
        };

        await Job("sees", spec.ToJsonString());

        var pod = cluster.Pods.Single();
        Assert.Equal(["backup: {}secretof the claim", "..data/policy.yaml", $"default {pod.Name} {api.Port} 1", "1", "999", "998 997", pod.Name],
            pod.Container().Log.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => !line.StartsWith("touch:", StringComparison.Ordinal)));
        Assert.Equal(0, pod.Container().Last!.ExitCode);
    }

    [Fact]
    public async Task A_deleted_pod_gets_a_term_and_is_killed_with_all_its_processes_when_it_does_not_listen()
    {
        await admin.Call("POST", "/api/v1/namespaces/default/pods", """{"apiVersion":"v1","kind":"Pod","metadata":{"name":"deaf"},"spec":{"terminationGracePeriodSeconds":1,"containers":[{"name":"c","image":"shell:1","args":["trap 'echo heard' TERM; echo up; sleep 1000 & while :; do wait; done"]}]}}""");
        await cluster.Until(() => api.Cluster.Get("pods", "default", "deaf") is { } pod && SimulatedSets.IsReady(pod.Item), "deaf is ready", Cancel);
        // It runs, but has it come so far? Before its trap the signal is lost.
        await Eventually.True(() => Task.FromResult(cluster.Pod("default", "deaf").Log.Contains("up", StringComparison.Ordinal)), "deaf has set its trap");

        await admin.Call("DELETE", "/api/v1/namespaces/default/pods/deaf");
        await cluster.Until(() => api.Cluster.Get("pods", "default", "deaf") is null, "deaf is gone", Cancel);

        Assert.StartsWith("[c] up\nheard\n", cluster.Pod("default", "deaf").Log, StringComparison.Ordinal);
        Assert.Equal(137, cluster.Pod("default", "deaf").Container().Last!.ExitCode);
    }

    [Fact]
    public async Task The_runner_of_this_build_runs_in_a_pod()
    {
        cluster.Register("backup-runner:1", SimulatedImage.Runner());
        var job = await Job("version", """{"template":{"spec":{"restartPolicy":"Never","containers":[{"name":"runner","image":"backup-runner:1","args":["--version"],"securityContext":{"readOnlyRootFilesystem":true}}]}}}""");
        Assert.True(SimulatedJobs.Holds(job, "Complete"), cluster.Pods[0].Log);
        Assert.StartsWith("0.1.0", cluster.Pods[0].Container().Log, StringComparison.Ordinal);
    }

    async Task<JsonObject> Job(string name, string spec)
    {
        var made = await admin.Call("POST", "/apis/batch/v1/namespaces/default/jobs", $$"""{"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"{{name}}"},"spec":{{spec}}}""");
        Assert.True(made.Status == 201, made.Text);
        await cluster.Until(() => SimulatedJobs.IsOver(api.Cluster.Get("jobs", "default", name)!.Item), $"{name} is over", Cancel);
        return api.Cluster.Get("jobs", "default", name)!.Item;
    }

    List<JsonObject> PodsOf(string job) => [.. cluster.Controllers.List("pods").Where(pod => (string?)pod["metadata"]!["labels"]!["job-name"] == job)];

    long Ready() => Status("readyReplicas");

    long Status(string field) => (long?)api.Cluster.Get("statefulsets", "default", "redis")!.Item["status"]?[field] ?? 0;

    async Task Scale(int replicas) => Assert.Equal(200, (await admin.Call("PATCH", "/apis/apps/v1/namespaces/default/statefulsets/redis/scale", $$$"""{"spec":{"replicas":{{{replicas}}}}}""", "application/merge-patch+json")).Status);

    async Task<string> Execute(params string[] command)
    {
        var (socket, _) = await admin.Connect("/api/v1/namespaces/default/pods/redis-0/exec?stdout=true&" + string.Join('&', command.Select(word => "command=" + Uri.EscapeDataString(word))), "v5.channel.k8s.io");
        using var connected = socket!;
        return string.Concat((await FakeExecTests.Frames(connected)).Where(frame => frame[0] == '1').Select(frame => frame[2..]));
    }
}
