using System.Text.Json.Nodes;
using BackupRunner.Tests.Kube.Fake;
using BackupRunner.Tests.Kube.Transcripts;

namespace BackupRunner.Tests.Webhook;

public sealed class RestoreJobAdmissionTests
{
    const string Restore = "backup.middleware.io/restore";
    const string Claim = "backup.middleware.io/claim";
    const string Backup = "backup.middleware.io/backup";

    [Theory]
    [InlineData("StatefulSet/redis", "latest", "--latest")]
    [InlineData("statefulset/redis", "20261122t020000z-k3x7qa", "--backup=20261122t020000z-k3x7qa")]
    [InlineData("STATEFULSET/redis", "before:2026-11-22T02:00:00Z", "--before=2026-11-22T02:00:00Z")]
    public async Task Three_annotations_become_a_whole_Job(string workload, string backup, string argument)
    {
        var scene = Scene.WithRedis;
        var (item, _, validation) = await scene.Apply(Job(workload, "data-redis-0", backup));
        Assert.True(validation.IsAllowed, validation.Message);
        var container = item["spec"]!["template"]!["spec"]!["containers"]![0]!;
        Assert.Equal("backup-runner:0.1.0", (string?)container["image"]);
        Assert.Contains(argument, container["args"]!.AsArray().Select(text => (string)text!));
        Assert.Equal(["patch statefulsets/scale default/redis"], scene.Asked);
        Assert.Equal(("jane", "42"), (scene.AskedFor[0].User, scene.AskedFor[0].Uid));
    }

    [Fact]
    public async Task The_only_claim_need_not_be_named_and_is_written_down()
    {
        var (item, mutation, validation) = await Scene.WithRedis.Apply(Job("StatefulSet/redis", null, "latest"));
        Assert.True(validation.IsAllowed, validation.Message);
        Assert.Equal("data-redis-0", (string?)item["metadata"]!["annotations"]![Claim]);
        Assert.Null((await Scene.WithRedis.Ask("mutate", item)).Patch);
        Assert.DoesNotContain(mutation.Patch!, operation => ((string)operation!["path"]!).StartsWith("/spec/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_recorded_Job_is_completed_and_what_the_server_adds_to_it_is_accepted()
    {
        var transcripts = Transcript.Of("admission").ToDictionary(one => one.Name, one => (JsonObject)one.Json["body"]!["request"]!["object"]!);
        var mutation = await Scene.WithRedis.Ask("mutate", transcripts["11-mutate-create-jobs"]);
        var item = FakePatch.Operate(transcripts["11-mutate-create-jobs"], mutation.Patch!);
        var cluster = new FakeCluster(TimeProvider.System) { Authority = "" };
        FakeDefaults.Set(cluster.Kinds["jobs"], item);
        FakeStrategy.PrepareForCreate(cluster.Kinds["jobs"], item, cluster);
        var seen = await Scene.WithRedis.Ask("validate", item);
        Assert.True(seen.IsAllowed, seen.Message);
        // The Job of recording 12 was completed by another webhook.
        var foreign = await Scene.WithRedis.Ask("validate", transcripts["12-validate-create-jobs"]);
        Assert.Equal(422, foreign.Code);
    }

    [Theory]
    [InlineData("""{"template":{"spec":{"hostNetwork":true}}}""", "spec.template.spec.hostNetwork")]
    [InlineData("""{"template":{"spec":{"hostPID":true}}}""", "spec.template.spec.hostPID")]
    [InlineData("""{"template":{"spec":{"serviceAccountName":"default"}}}""", "spec.template.spec.serviceAccountName")]
    [InlineData("""{"template":{"spec":{"initContainers":[{"name":"x","image":"x"}]}}}""", "spec.template.spec.initContainers")]
    [InlineData("""{"template":{"spec":{"terminationGracePeriodSeconds":1}}}""", "spec.template.spec.terminationGracePeriodSeconds")]
    [InlineData("""{"template":{"metadata":{"labels":{"backup.middleware.io/for":"statefulset.other"}}}}""", "spec.template.metadata.labels.backup.middleware.io/for")]
    [InlineData("""{"template":{"metadata":{"labels":{"backup.middleware.io/x":"y"}}}}""", "spec.template.metadata.labels.backup.middleware.io/x")]
    [InlineData("""{"template":{"metadata":{"annotations":{"a":"b","backup.middleware.io/x":"y"}}}}""", "spec.template.metadata.annotations.backup.middleware.io/x")]
    [InlineData("""{"template":{"spec":{"securityContext":{"runAsUser":4711}}}}""", "spec.template.spec.securityContext.runAsUser")]
    [InlineData("""{"template":{"spec":{"automountServiceAccountToken":false}}}""", "spec.template.spec.automountServiceAccountToken")]
    [InlineData("""{"template":{"spec":{"shareProcessNamespace":true}}}""", "spec.template.spec.shareProcessNamespace")]
    [InlineData("""{"template":{"spec":{"resourceClaims":[{"name":"x","resourceClaimName":"x"}]}}}""", "spec.template.spec.resourceClaims")]
    // Absent is true.
    [InlineData("""{"template":{"spec":{"enableServiceLinks":null}}}""", "spec.template.spec.enableServiceLinks")]
    [InlineData("""{"template":{"metadata":{"labels":{"sidecar.istio.io/inject":"true"}}}}""", "spec.template.metadata.labels.sidecar.istio.io/inject")]
    [InlineData("""{"template":{"metadata":{"annotations":{"linkerd.io/inject":"enabled"}}}}""", "spec.template.metadata.annotations.linkerd.io/inject")]
    [InlineData("""{"parallelism":2}""", "spec.parallelism")]
    [InlineData("""{"backoffLimit":6}""", "spec.backoffLimit")]
    [InlineData("""{"podFailurePolicy":null}""", "spec.podFailurePolicy")]
    public async Task A_completed_Job_that_was_changed_is_refused_with_the_place(string change, string place)
    {
        var (item, _, _) = await Scene.WithRedis.Apply(Job("StatefulSet/redis", "data-redis-0", "latest"));
        var changed = (JsonObject)FakePatch.Merge(item, new JsonObject { ["spec"] = JsonNode.Parse(change) })!;
        var seen = await Scene.WithRedis.Ask("validate", changed);
        Assert.Equal(422, seen.Code);
        Assert.StartsWith(place + ": is not as a restore has it", seen.Message);
    }

    [Theory]
    [InlineData("""{"template":{"metadata":{"labels":{"app":"redis"},"annotations":{"somebody.example/seen":"yes"}}}}""")]
    [InlineData("""{"template":{"spec":{"tolerations":[{"key":"kubernetes.io/arch","operator":"Equal","value":"amd64","effect":"NoSchedule"}]}}}""")]
    [InlineData("""{"template":{"spec":{"nodeSelector":{"pool":"batch"}}}}""")]
    [InlineData("""{"template":{"spec":{"affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[]}}}}}}""")]
    [InlineData("""{"template":{"spec":{"affinity":null}}}""")]
    [InlineData("""{"template":{"spec":{"topologySpreadConstraints":[{"maxSkew":1,"topologyKey":"zone","whenUnsatisfiable":"ScheduleAnyway"}]}}}""")]
    [InlineData("""{"template":{"spec":{"imagePullSecrets":[{"name":"registry"}]}}}""")]
    [InlineData("""{"template":{"spec":{"priorityClassName":"high","priority":1000,"preemptionPolicy":"Never"}}}""")]
    [InlineData("""{"template":{"spec":{"schedulerName":"volcano","runtimeClassName":"gvisor","overhead":{"memory":"120Mi"}}}}""")]
    [InlineData("""{"template":{"spec":{"resources":{"limits":{"cpu":"1"}}}}}""")]
    public async Task Another_webhook_may_say_where_and_with_how_much_the_restore_runs(string change)
    {
        var (item, _, _) = await Scene.WithRedis.Apply(Job("StatefulSet/redis", "data-redis-0", "latest"));
        var changed = (JsonObject)FakePatch.Merge(item, new JsonObject { ["spec"] = JsonNode.Parse(change) })!;
        // As GKE Autopilot does to every container.
        changed["spec"]!["template"]!["spec"]!["containers"]![0]!["resources"] = JsonNode.Parse("""{"requests":{"cpu":"500m","memory":"2Gi","ephemeral-storage":"1Gi"}}""");
        var seen = await Scene.WithRedis.Ask("validate", changed);
        Assert.True(seen.IsAllowed, seen.Message);
        Assert.Null((await Scene.WithRedis.Ask("mutate", changed)).Patch);
    }

    [Theory]
    [InlineData("mutate")]
    [InlineData("validate")]
    public async Task A_denial_says_what_another_webhook_put_there_and_how_to_keep_it_away(string verb)
    {
        var (item, _, _) = await Scene.WithRedis.Apply(Job("StatefulSet/redis", "data-redis-0", "latest"));
        item["spec"]!["template"]!["spec"]!["containers"]![0]!["image"] = "mirror.example.com/backup-runner:0.1.0";
        item["spec"]!["template"]!["spec"]!["serviceAccountName"] = null;
        item["spec"]!["template"]!["spec"]!["hostUsers"] = false;
        var refused = await Scene.WithRedis.Ask(verb, item);
        Assert.Equal(422, refused.Code);
        Assert.Equal(3, refused.Lines.Count);
        Assert.Contains($"spec.template.spec.containers.image: is not as a restore has it: it is \"mirror.example.com/backup-runner:0.1.0\"; if another webhook changes it, exclude Jobs with annotation {Restore} there; if not, make the Job again", refused.Lines);
        Assert.Contains(refused.Lines, line => line.StartsWith("spec.template.spec.serviceAccountName: is not as a restore has it: it is nothing;", StringComparison.Ordinal));
        Assert.Contains(refused.Lines, line => line.StartsWith("spec.template.spec.hostUsers: is not as a restore has it: it is false;", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_second_container_a_second_volume_and_another_command_are_refused()
    {
        var (item, _, _) = await Scene.WithRedis.Apply(Job("StatefulSet/redis", "data-redis-0", "latest"));
        foreach (var change in new Action<JsonNode>[]
        {
            pod => pod["containers"]!.AsArray().Add(new JsonObject { ["name"] = "x", ["image"] = "x" }),
            pod => pod["volumes"]!.AsArray().Add(new JsonObject { ["name"] = "x", ["hostPath"] = new JsonObject { ["path"] = "/" } }),
            pod => pod["containers"]![0]!["command"] = new JsonArray("sh"),
            pod => pod["containers"]![0]!["image"] = "other",
            pod => pod["containers"]![0]!["args"]!.AsArray().Add("--force"),
            pod => pod["containers"]![0]!["securityContext"]!["privileged"] = true,
            pod => pod["containers"]![0]!["env"]!.AsArray().Add(new JsonObject { ["name"] = "LD_PRELOAD", ["value"] = "/data/x.so" }),
            pod => pod["containers"]![0]!["envFrom"] = new JsonArray(new JsonObject { ["secretRef"] = new JsonObject { ["name"] = "x" } }),
            pod => pod["containers"]![0]!["volumeMounts"]![0]!["subPath"] = "x",
            pod => pod["containers"]![0]!["lifecycle"] = new JsonObject { ["postStart"] = new JsonObject { ["exec"] = new JsonObject { ["command"] = new JsonArray("sh") } } },
            pod => pod["containers"]![0]!["securityContext"]!.AsObject().Remove("allowPrivilegeEscalation"),
        })
        {
            var changed = (JsonObject)item.DeepClone();
            change(changed["spec"]!["template"]!["spec"]!);
            Assert.Equal(422, (await Scene.WithRedis.Ask("validate", changed)).Code);
        }
    }

    [Fact]
    public async Task What_a_user_may_set_is_kept()
    {
        var job = Job("StatefulSet/redis", "data-redis-0", "latest");
        foreach (var (field, value) in new Dictionary<string, JsonNode> { ["suspend"] = true, ["ttlSecondsAfterFinished"] = 60, ["activeDeadlineSeconds"] = 7200, ["backoffLimit"] = 9 })
            job["spec"]![field] = value;
        var (item, mutation, validation) = await Scene.WithRedis.Apply(job);
        Assert.True(validation.IsAllowed, validation.Message);
        Assert.Equal((true, 60, 7200), ((bool)item["spec"]!["suspend"]!, (int)item["spec"]!["ttlSecondsAfterFinished"]!, (int)item["spec"]!["activeDeadlineSeconds"]!));
        Assert.NotEqual(9, (int)item["spec"]!["backoffLimit"]!);
        Assert.Contains("activeDeadlineSeconds", Assert.Single(mutation.Warnings));
    }

    [Fact]
    public async Task What_else_the_pod_template_says_is_dropped_with_a_warning()
    {
        var job = Job("StatefulSet/redis", "data-redis-0", "latest");
        job["spec"]!["template"]!["spec"]!["nodeSelector"] = new JsonObject { ["a"] = "b" };
        var (item, mutation, _) = await Scene.WithRedis.Apply(job);
        Assert.Contains("\"nodeSelector\" is dropped", Assert.Single(mutation.Warnings));
        Assert.Null(item["spec"]!["template"]!["spec"]!["nodeSelector"]);
    }

    [Theory]
    [InlineData("containers")]
    [InlineData("initContainers")]
    public async Task Refuses_a_Job_with_containers_of_its_own(string list)
    {
        var job = Job("StatefulSet/redis", "data-redis-0", "latest");
        job["spec"]!["template"]!["spec"]![list] = new JsonArray(new JsonObject { ["name"] = "mine", ["image"] = "mine" });
        var refused = await Scene.WithRedis.Ask("mutate", job);
        Assert.Equal((422, $"spec.template.spec: has containers of its own; leave them out, or the annotation {Restore}"), (refused.Code, refused.Message));
        Assert.Equal(422, (await Scene.WithRedis.Ask("validate", job)).Code);
    }

    [Fact]
    public async Task Tells_all_problems_at_once()
    {
        var job = Job("StatefulSet/redis", "data-redis-7", "yesterday");
        job["metadata"]!["annotations"]!["backup.middleware.io/clam"] = "x";
        var refused = await Scene.WithRedis.Ask("mutate", job);
        Assert.Equal((422, 3), (refused.Code, refused.Lines.Count));
        Assert.Contains("did you mean \"backup.middleware.io/claim\"?", refused.Lines[0]);
        Assert.Contains("\"yesterday\"", refused.Lines[1]);
        Assert.Contains("\"data-redis-7\" is no claim of StatefulSet \"redis\" that is backed up; those are \"data-redis-0\"", refused.Lines[2]);
    }

    [Theory]
    [InlineData("StatefulSet/none", "there is no StatefulSet \"none\" in namespace \"default\"")]
    [InlineData("Deployment/redis", "there is no Deployment \"redis\"")]
    [InlineData("StatefulSets/redis", "did you mean \"StatefulSet\"?")]
    [InlineData("Pod/redis", "is no kind that can be restored")]
    [InlineData("redis", "\"redis\" is no workload")]
    [InlineData("StatefulSet/a/b", "is no workload")]
    [InlineData("StatefulSet/", "is no workload")]
    [InlineData("", "is no workload")]
    [InlineData("StatefulSet/x\u001b[31m\nadmission passed", "\"StatefulSet/x\\u{1b}[31m\\nadmission passed\" is no workload")]
    public async Task Refuses_what_is_no_workload_here(string workload, string says)
    {
        var refused = await Scene.WithRedis.Ask("mutate", Job(workload, null, "latest"));
        Assert.Equal(422, refused.Code);
        Assert.Contains(says, Assert.Single(refused.Lines));
    }

    [Fact]
    public async Task Refuses_what_is_not_protected_or_has_no_valid_policy()
    {
        var job = Job("StatefulSet/redis", null, "latest");
        async Task<string> Refusal(string redis, string nightly) => (await new Scene(new ListedCluster().With(redis).With(nightly)).Ask("mutate", job)).Message;
        Assert.Contains("has no annotation backup.middleware.io/policy", await Refusal(Scene.Redis.Replace("backup.middleware.io/policy", "other"), Scene.Nightly));
        Assert.Contains("BackupPolicy \"nightly\", which StatefulSet \"redis\" names, does not exist", await Refusal(Scene.Redis, Scene.Nightly.Replace("name: nightly", "name: other")));
        Assert.Contains("is not valid", await Refusal(Scene.Redis, Scene.Nightly.Replace("bucket", "buckt")));
        Assert.Contains("whenScaled", await Refusal(Scene.Redis + "\n  persistentVolumeClaimRetentionPolicy: {whenScaled: Delete}", Scene.Nightly));
    }

    [Fact]
    public async Task Of_several_claims_one_must_be_named()
    {
        var scene = new Scene(new ListedCluster().With(Scene.Redis.Replace("replicas: 1", "replicas: 30")).With(Scene.Nightly));
        var refused = await scene.Ask("mutate", Job("StatefulSet/redis", null, "latest"));
        Assert.Contains("several claims: \"data-redis-0\"", refused.Message);
        Assert.EndsWith("and 10 more", refused.Message);
    }

    [Fact]
    public async Task Who_may_not_scale_the_workload_may_not_restore_it()
    {
        var scene = Scene.WithRedis;
        scene.IsAllowed = (_, _) => Task.FromResult(false);
        var seen = (await scene.Apply(Job("StatefulSet/redis", null, "latest"))).Validation;
        Assert.Equal((403, "user \"jane\" may not patch statefulsets/scale \"redis\" in namespace \"default\", which a restore does to stop it"), (seen.Code, seen.Message));
    }

    [Fact]
    public async Task A_Job_that_restores_nothing_is_left_alone()
    {
        var job = Job("x", null, "latest");
        job["metadata"]!["annotations"]!.AsObject().Remove(Restore);
        var (_, mutation, validation) = await Scene.WithRedis.Apply(job);
        Assert.Null(mutation.Patch);
        Assert.True(validation.IsAllowed);
    }

    internal static JsonObject Job(string workload, string? claim, string backup)
    {
        var annotations = new JsonObject { [Restore] = workload, [Backup] = backup };
        if (claim is not null)
            annotations[Claim] = claim;
        return new JsonObject
        {
            ["apiVersion"] = "batch/v1",
            ["kind"] = "Job",
            ["metadata"] = new JsonObject { ["name"] = "restore", ["namespace"] = "default", ["annotations"] = annotations },
            ["spec"] = new JsonObject { ["template"] = new JsonObject { ["spec"] = new JsonObject { ["containers"] = new JsonArray(), ["restartPolicy"] = "Never" } } },
        };
    }
}
