using System.Text.Json.Nodes;
using BackupRunner.Tests.Kube.Fake;
using BackupRunner.Tests.Kube.Transcripts;

namespace BackupRunner.Tests.Webhook;

public sealed class WorkloadAdmissionTests
{
    const string Policy = "backup.middleware.io/policy";
    const string Claims = "backup.middleware.io/claims";
    const string Status = "backup.middleware.io/status";
    const string Label = "backup.middleware.io/protected";

    [Fact]
    public async Task An_annotated_StatefulSet_gets_the_label_and_its_claims_and_nothing_else()
    {
        var redis = Redis();
        var (item, mutation, validation) = await Scene.WithRedis.Apply(redis);
        Assert.True(validation.IsAllowed, validation.Message);
        Assert.Empty(validation.Warnings);
        Assert.Equal(["/metadata/labels/backup.middleware.io~1protected", "/metadata/annotations/backup.middleware.io~1claims"], mutation.Patch!.Select(operation => (string)operation!["path"]!));
        Assert.Equal(("true", "data"), ((string?)item["metadata"]!["labels"]![Label], (string?)item["metadata"]!["annotations"]![Claims]));
        Assert.Equal(redis["spec"]!.ToJsonString(), item["spec"]!.ToJsonString());
    }

    [Theory]
    [InlineData("null", """{"a":"b"}""")]
    [InlineData("{}", "{}")]
    [InlineData(null, "null")]
    [InlineData("""{"a/b~c":"d"}""", null)]
    public async Task Absent_and_empty_maps_are_made_first(string? labels, string? annotations)
    {
        var redis = Redis();
        redis["metadata"]!.AsObject().Remove("labels");
        if (labels is not null)
            redis["metadata"]!["labels"] = JsonNode.Parse(labels);
        redis["metadata"]!["annotations"] = annotations is null ? null : JsonNode.Parse(annotations);
        redis["metadata"]!["annotations"] ??= new JsonObject();
        redis["metadata"]!["annotations"]![Policy] = "nightly";
        var (item, _, _) = await Scene.WithRedis.Apply(redis);
        Assert.Equal("true", (string?)item["metadata"]!["labels"]![Label]);
        Assert.Null((await Scene.WithRedis.Ask("mutate", item)).Patch);
    }

    [Fact]
    public async Task Patches_of_all_recorded_workloads_leave_the_spec_byte_for_byte_and_metadata_only()
    {
        var patched = 0;
        foreach (var review in Transcript.Of("admission").Where(one => one.Name.Contains("mutate") && !one.Name.Contains("jobs")))
        {
            var request = review.Json["body"]!["request"]!;
            var item = (JsonObject)request["object"]!;
            var answer = await Scene.WithRedis.Ask("mutate", item, request["oldObject"] as JsonObject);
            if (answer.Patch is not { } patch)
                continue;
            patched++;
            Assert.All(patch, operation => Assert.StartsWith("/metadata/", (string)operation!["path"]!));
            Assert.Equal(item["spec"]!.ToJsonString(), FakePatch.Operate(item, patch)["spec"]!.ToJsonString());
        }
        Assert.Equal(6, patched);
    }

    [Fact]
    public async Task Asked_again_it_patches_nothing()
    {
        var (item, _, _) = await Scene.WithRedis.Apply(Redis());
        Assert.Null((await Scene.WithRedis.Ask("mutate", item)).Patch);
        Assert.Null((await Scene.WithRedis.Ask("mutate", item, Redis())).Patch);
    }

    [Fact]
    public async Task Without_the_policy_the_label_the_claims_and_the_status_go_too()
    {
        var (old, _, _) = await Scene.WithRedis.Apply(Redis());
        old["metadata"]!["annotations"]![Status] = "{}";
        var item = (JsonObject)old.DeepClone();
        item["metadata"]!["annotations"]!.AsObject().Remove(Policy);
        var (after, mutation, validation) = await Scene.WithRedis.Apply(item, old);
        Assert.True(validation.IsAllowed, validation.Message);
        Assert.Equal(("{}", """{"app":"redis"}"""), (after["metadata"]!["annotations"]!.ToJsonString(), after["metadata"]!["labels"]!.ToJsonString()));
        Assert.All(mutation.Patch!, operation => Assert.Equal("remove", (string?)operation!["op"]));
        Assert.Null((await Scene.WithRedis.Ask("mutate", after, old)).Patch);
    }

    [Fact]
    public async Task Claims_that_a_user_wrote_before_the_policy_stay()
    {
        var item = Redis();
        item["metadata"]!["annotations"] = new JsonObject { [Claims] = "data" };
        var (after, mutation, validation) = await Scene.WithRedis.Apply(item);
        Assert.Null(mutation.Patch);
        Assert.True(validation.IsAllowed);
        Assert.Equal($"metadata.annotations[{Claims}]: does nothing without {Policy}", Assert.Single(validation.Warnings));
        Assert.Equal("data", (string?)after["metadata"]!["annotations"]![Claims]);
    }

    [Theory]
    [InlineData("backup.middleware.io/polcy", "did you mean \"backup.middleware.io/policy\"?")]
    [InlineData("backup.middleware.io/claim", "did you mean \"backup.middleware.io/claims\"?")]
    [InlineData("backup.middleware.io/Policy", "did you mean \"backup.middleware.io/policy\"?")]
    [InlineData("backup.middleware.io/restore", "known here: ")]
    [InlineData("backup.middleware.io/", "known here: ")]
    public async Task Refuses_a_mistyped_annotation(string name, string says)
    {
        var item = Redis();
        item["metadata"]!["annotations"]![name] = "x";
        var refused = await Scene.WithRedis.Ask("validate", item);
        Assert.Equal(422, refused.Code);
        Assert.StartsWith($"metadata.annotations: unknown annotation \"{name}\"; {says}", refused.Message);
    }

    [Fact]
    public async Task Tells_all_problems_at_once()
    {
        var item = Redis();
        item["metadata"]!["annotations"] = new JsonObject { ["backup.middleware.io/polcy"] = "x", [Policy] = "No Name", [Claims] = "dta" };
        var refused = await Scene.WithRedis.Ask("validate", item);
        Assert.Equal((422, 3), (refused.Code, refused.Lines.Count));
        Assert.All(refused.Lines, line => Assert.StartsWith("metadata.annotations", line));
        Assert.Contains("did you mean \"data\"?", refused.Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-x")]
    [InlineData("a b")]
    [InlineData("a/b")]
    public async Task Refuses_a_policy_that_can_never_exist(string name)
    {
        var item = Redis();
        item["metadata"]!["annotations"]![Policy] = name;
        var seen = await Scene.WithRedis.Ask("validate", item);
        Assert.Equal((422, $"metadata.annotations[{Policy}]: \"{name}\" is no name of a BackupPolicy"), (seen.Code, seen.Message));
    }

    [Fact]
    public async Task A_policy_that_does_not_exist_yet_is_a_warning()
    {
        var seen = (await new Scene(new ListedCluster()).Apply(Redis())).Validation;
        Assert.True(seen.IsAllowed);
        Assert.Contains("\"nightly\" of namespace \"default\" does not exist", Assert.Single(seen.Warnings));
    }

    [Fact]
    public async Task A_policy_of_the_same_name_in_another_namespace_is_not_found()
    {
        var seen = (await new Scene(new ListedCluster().With(Scene.Nightly.Replace("namespace: default", "namespace: other"))).Apply(Redis())).Validation;
        Assert.Contains("does not exist", Assert.Single(seen.Warnings));
    }

    [Fact]
    public async Task An_invalid_policy_is_a_warning_with_its_problems()
    {
        var seen = (await new Scene(new ListedCluster().With(Scene.Nightly.Replace("bucket: b", "bucket: b, buckt: c"))).Apply(Redis())).Validation;
        Assert.True(seen.IsAllowed);
        Assert.Contains("is not valid", Assert.Single(seen.Warnings));
    }

    [Fact]
    public async Task Claims_that_are_deleted_when_it_is_scaled_are_a_warning()
    {
        var item = Redis();
        item["spec"]!["persistentVolumeClaimRetentionPolicy"] = new JsonObject { ["whenScaled"] = "Delete" };
        Assert.Contains("whenScaled", Assert.Single((await Scene.WithRedis.Apply(item)).Validation.Warnings));
    }

    [Fact]
    public async Task Refuses_a_policy_for_a_container_that_the_pod_does_not_have()
    {
        var cluster = new ListedCluster().With(Scene.Nightly + "\n  settings: {consistency: {enabled: true, command: sync, container: server}}");
        var seen = (await new Scene(cluster).Apply(Redis())).Validation;
        Assert.Equal(422, seen.Code);
        Assert.Contains("container \"server\" (backup.settings.consistency.container), which the pod template does not have; it has \"redis\"", seen.Message);
    }

    [Fact]
    public async Task Refuses_a_policy_for_a_sidecar_in_which_the_runner_looks_for_no_container()
    {
        var cluster = new ListedCluster().With(Scene.Nightly + "\n  settings: {consistency: {enabled: true, command: sync, container: agent}}");
        var seen = (await new Scene(cluster).Apply(WithSidecar("/agent"))).Validation;
        Assert.Equal(422, seen.Code);
        Assert.Contains("container \"agent\" (backup.settings.consistency.container), which the pod template does not have among its containers: it is an init container, in which no command is run; it has \"redis\"", seen.Message);
    }

    [Theory]
    [InlineData(null, "backups of StatefulSet \"redis\" end with this change: annotation backup.middleware.io/policy (it was \"nightly\") is removed; to go on, set it again")]
    [InlineData("older", "backups of StatefulSet \"redis\" change with this: annotation backup.middleware.io/policy goes from \"nightly\" to \"older\"")]
    [InlineData("nightly", null)]
    public async Task Another_policy_or_none_is_a_warning_as_a_rollout_undo_brings_it_silently(string? name, string? says)
    {
        var (old, _, _) = await Scene.WithRedis.Apply(Redis());
        var item = (JsonObject)old.DeepClone();
        item["spec"]!["replicas"] = 2;
        if (name is null)
            item["metadata"]!["annotations"] = new JsonObject { ["deployment.kubernetes.io/revision"] = "1" };
        else
            item["metadata"]!["annotations"]![Policy] = name;
        var scene = new Scene(new ListedCluster().With(Scene.Redis).With(Scene.Nightly).With(Scene.Nightly.Replace("name: nightly", "name: older")));
        var seen = (await scene.Apply(item, old)).Validation;
        Assert.True(seen.IsAllowed, seen.Message);
        Assert.Equal(says is null ? [] : [says], seen.Warnings);
    }

    [Theory]
    [InlineData(3, "freeze: {command: lock, thaw: unlock}", "schedule: {enabled: true}", true)]
    [InlineData(3, "freeze: {hold: lock}", "schedule: {enabled: true}", true)]
    [InlineData(1, "freeze: {hold: lock}", "schedule: {enabled: true}", false)]
    [InlineData(3, "command: sync", "schedule: {enabled: true}", false)]
    [InlineData(3, "freeze: {hold: lock}", "schedule: {enabled: false}", false)]
    public async Task Freezing_several_pods_in_one_minute_is_a_warning(int replicas, string consistency, string schedule, bool isWarned)
    {
        var item = Redis();
        item["spec"]!["replicas"] = replicas;
        var cluster = new ListedCluster().With($"{Scene.Nightly}\n  {schedule}\n  settings: {{consistency: {{enabled: true, {consistency}}}}}");
        var seen = (await new Scene(cluster).Apply(item)).Validation;
        Assert.True(seen.IsAllowed, seen.Message);
        Assert.Equal(isWarned ? [$"metadata.annotations[{Policy}]: backup.settings.consistency.freeze freezes 3 pods in the same minute, which stops a cluster that needs a majority; have it freeze one of them (docs/OPERATIONS.md, \"Several replicas\")"] : [], seen.Warnings);
    }

    [Theory]
    [InlineData("data")]
    [InlineData(null)]
    public async Task Refuses_a_workload_of_Windows(string? claims)
    {
        var item = Redis();
        item["spec"]!["template"]!["spec"]!["os"] = new JsonObject { ["name"] = "windows" };
        if (claims is not null)
            item["metadata"]!["annotations"]![Claims] = claims;
        var seen = (await Scene.WithRedis.Apply(item)).Validation;
        Assert.Equal(422, seen.Code);
        Assert.Contains("its pods run Windows (spec.template.spec.os.name); a runner is a Linux pod", Assert.Single(seen.Lines));
    }

    [Theory]
    [InlineData("volumeMode: Block", "data", "Block")]
    [InlineData("accessModes: [ReadWriteOncePod]", "data", "ReadWriteOncePod")]
    [InlineData("accessModes: [ReadWriteOnce]", "logs", "mounted by no container")]
    public async Task Refuses_what_it_names_and_cannot_back_up_and_leaves_it_out_of_the_default_with_a_warning(string spec, string name, string says)
    {
        var bad = name == "data" ? """{"metadata":{"name":"bad"},"spec":{"accessModes":["ReadWriteOnce"]}}""" : """{"metadata":{"name":"logs"},"spec":{"accessModes":["ReadWriteOnce"]}}""";
        var template = JsonNode.Parse(bad)!;
        foreach (var (key, value) in Scene.Object(spec))
            template["spec"]![key] = value!.DeepClone();
        var volume = (string)template["metadata"]!["name"]!;
        var item = Redis();
        item["spec"]!["volumeClaimTemplates"]!.AsArray().Add(template);
        if (name == "data")
            item["spec"]!["template"]!["spec"]!["containers"]![0]!["volumeMounts"]!.AsArray().Add(new JsonObject { ["name"] = "bad", ["mountPath"] = "/bad" });

        var (after, _, byDefault) = await Scene.WithRedis.Apply((JsonObject)item.DeepClone());
        Assert.True(byDefault.IsAllowed, byDefault.Message);
        Assert.Equal("data", (string?)after["metadata"]!["annotations"]![Claims]);
        Assert.Contains(says, Assert.Single(byDefault.Warnings));

        item["metadata"]!["annotations"]![Claims] = $"data,{volume}";
        var named = (await Scene.WithRedis.Apply(item)).Validation;
        Assert.Equal(422, named.Code);
        Assert.Contains(says, named.Message);
        Assert.Contains($"\"{volume}\"", named.Message);
    }

    [Fact]
    public async Task Refuses_a_workload_of_which_nothing_can_be_backed_up()
    {
        var item = Redis();
        item["spec"]!.AsObject().Remove("volumeClaimTemplates");
        var seen = (await Scene.WithRedis.Apply(item)).Validation;
        Assert.Equal(422, seen.Code);
        Assert.Contains("nothing of this StatefulSet can be backed up", seen.Message);
        Assert.Single(seen.Lines);
    }

    [Fact]
    public async Task A_set_that_is_scaled_to_zero_has_its_claims()
    {
        var item = Redis();
        item["spec"]!["replicas"] = 0;
        var (after, _, seen) = await Scene.WithRedis.Apply(item);
        Assert.True(seen.IsAllowed, seen.Message);
        Assert.Equal("data", (string?)after["metadata"]!["annotations"]![Claims]);
    }

    [Theory]
    [InlineData("spec.template.spec.containers.0.image", "redis:8", false)]
    [InlineData("metadata.labels.app", "other", false)]
    [InlineData("spec.replicas", 3, true)]
    [InlineData("spec.volumeClaimTemplates.0.spec.volumeMode", "Block", true)]
    [InlineData("spec.template.spec.containers.0.volumeMounts.0.subPath", "x", true)]
    [InlineData("spec.template.spec.containers.0.name", "cache", true)]
    [InlineData("spec.persistentVolumeClaimRetentionPolicy", "x", true)]
    [InlineData("spec.ordinals", "x", true)]
    [InlineData("spec.template.spec.os", "x", true)]
    // The loop's own words: it must be able to say them of a workload that would be refused today.
    [InlineData("metadata.annotations.backup%2Emiddleware%2Eio/status", "x", false)]
    public async Task An_update_is_checked_only_if_it_changes_what_the_annotations_speak_of(string path, object value, bool isChecked)
    {
        var old = Redis();
        old["metadata"]!["annotations"]!["backup.middleware.io/polcy"] = "x";
        var item = (JsonObject)old.DeepClone();
        var steps = path.Split('.').Select(step => step.Replace("%2E", ".")).ToList();
        JsonNode at = item;
        foreach (var step in steps[..^1])
            at = int.TryParse(step, out var index) ? at[index]! : at[step]!;
        at[steps[^1]] = JsonValue.Create(value);
        Assert.Equal(!isChecked, (await Scene.WithRedis.Ask("validate", item, old)).IsAllowed);
    }

    [Theory]
    [InlineData("/agent", "/agent", true)]
    [InlineData("/agent", "/other", false)]
    [InlineData("/agent", null, false)]
    public async Task A_changed_mount_of_a_sidecar_is_checked_too(string before, string? after, bool isSame)
    {
        var (old, item) = (WithSidecar(before), after is null ? Redis() : WithSidecar(after));
        foreach (var one in new[] { old, item })
            one["metadata"]!["annotations"]!["backup.middleware.io/polcy"] = "x";
        Assert.Equal(isSame, (await Scene.WithRedis.Ask("validate", item, old)).IsAllowed);
    }

    [Fact]
    public async Task The_default_claims_follow_the_workload_and_chosen_ones_do_not()
    {
        var (old, _, _) = await Scene.WithRedis.Apply(Web("data"));
        Assert.Equal("data", (string?)old["metadata"]!["annotations"]![Claims]);
        var item = Web("data", "more");
        item["metadata"]!["annotations"]![Claims] = "data";
        var (after, _, _) = await Scene.WithRedis.Apply(item, old);
        Assert.Equal("data,more", (string?)after["metadata"]!["annotations"]![Claims]);
        Assert.Null((await Scene.WithRedis.Ask("mutate", after, old)).Patch);

        var chosen = Web("data", "more");
        chosen["metadata"]!["annotations"]![Claims] = "data";
        chosen["metadata"]!["labels"] = new JsonObject { [Label] = "true" };
        var scaled = (JsonObject)chosen.DeepClone();
        scaled["spec"]!["replicas"] = 5;
        Assert.Null((await Scene.WithRedis.Ask("mutate", scaled, chosen)).Patch);
    }

    [Fact]
    public async Task A_claim_that_does_not_exist_yet_is_a_warning()
    {
        var (after, _, seen) = await Scene.WithRedis.Apply(Web("data"));
        Assert.True(seen.IsAllowed, seen.Message);
        Assert.Equal("data", (string?)after["metadata"]!["annotations"]![Claims]);
        Assert.Contains("does not exist yet", Assert.Single(seen.Warnings));
    }

    [Fact]
    public async Task Deleting_is_always_allowed()
    {
        var item = Redis();
        item["metadata"]!["annotations"]!["backup.middleware.io/polcy"] = "x";
        Assert.True((await Scene.WithRedis.Apply(null, item)).Validation.IsAllowed);
    }

    static JsonObject Redis() => Scene.Object(Scene.Redis);

    static JsonObject WithSidecar(string mountPath)
    {
        var item = Redis();
        item["spec"]!["template"]!["spec"]!["initContainers"] = JsonNode.Parse($$"""
            [{"name": "agent", "image": "agent", "restartPolicy": "Always", "volumeMounts": [{"name": "data", "mountPath": "{{mountPath}}"}]}]
            """);
        return item;
    }

    static JsonObject Web(params string[] volumes)
    {
        var web = Scene.Object("""
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web, namespace: default, annotations: {backup.middleware.io/policy: nightly}}
            spec:
              replicas: 1
              selector: {matchLabels: {app: web}}
              template:
                metadata: {labels: {app: web}}
                spec: {containers: [{name: web, image: web}]}
            """);
        var pod = web["spec"]!["template"]!["spec"]!;
        pod["containers"]![0]!["volumeMounts"] = new JsonArray([.. volumes.Select(volume => new JsonObject { ["name"] = volume, ["mountPath"] = "/" + volume })]);
        pod["volumes"] = new JsonArray([.. volumes.Select(volume => new JsonObject { ["name"] = volume, ["persistentVolumeClaim"] = new JsonObject { ["claimName"] = "web-" + volume } })]);
        return web;
    }
}
