using BackupRunner.Cluster;
using BackupRunner.Kube;

namespace BackupRunner.Tests.Cluster;

public sealed class PodChoiceTests
{
    [Theory]
    [InlineData("redis", "data-redis-0", "redis-0")]
    [InlineData("redis", "data-redis-12", "redis-12")]
    [InlineData("my-redis", "a-b-my-redis-3", "my-redis-3")]
    [InlineData("redis", "data-redis", null)]
    [InlineData("redis", "redis-0", null)]
    [InlineData("redis", "data-other-0", null)]
    [InlineData("redis", "data-redis-x", null)]
    [InlineData("redis", "-redis-0", null)]
    public void The_ordinal_of_a_claim_names_its_pod(string workload, string claim, string? pod) => Assert.Equal(pod, PodChoice.OfStatefulSet(workload, claim));

    [Fact]
    public void A_stateful_sets_claim_is_its_own_pods()
    {
        // A second pod may mount the claim of the first, to look at it.
        Pod[] pods = [Of("redis-1", "data-redis-0", ready: true), Of("redis-0", "data-redis-0", ready: false)];

        Assert.Equal("redis-0", PodChoice.ForClaim("statefulset", "redis", "data-redis-0", pods)?.Metadata.Name);
    }

    [Fact]
    public void Of_a_deployments_pods_a_ready_one_is_taken_the_oldest_first()
    {
        Pod[] pods =
        [
            Of("web-c", "files", ready: true, age: 1, owner: Web),
            Of("web-b", "files", ready: true, age: 5, owner: Web),
            Of("web-a", "files", ready: false, age: 9, owner: Web),
            Of("web-0", "other", ready: true, age: 20, owner: Web),
        ];

        Assert.Equal("web-b", PodChoice.ForClaim("deployment", "web", "files", pods)?.Metadata.Name);
    }

    public static TheoryData<string, OwnerReference?> Others => new()
    {
        // Made by hand, or by a Job, with the labels of the workload.
        { "statefulset", null },
        { "statefulset", Owner("Job", "redis") },
        { "statefulset", Owner("StatefulSet", "redis-replica") },
        { "statefulset", Owner("ReplicaSet", "redis-5d4f8c7b9") },
        { "statefulset", Owner("StatefulSet", "redis") with { Controller = null } },
        { "deployment", null },
        { "deployment", Owner("Job", "redis-nightly") },
        { "deployment", Owner("StatefulSet", "redis") },
        { "deployment", Owner("ReplicaSet", "redis") },
        { "deployment", Owner("ReplicaSet", "web-5d4f8c7b9") },
    };

    [Theory]
    [MemberData(nameof(Others))]
    public void A_pod_that_only_shares_the_labels_is_not_the_workloads(string kind, OwnerReference? owner)
    {
        var other = Of("redis-0", "data-redis-0", ready: true, age: 9, owner: owner, isOwned: owner is not null);
        var own = Of("redis-7", "data-redis-0", ready: false, owner: Owner(kind == "statefulset" ? "StatefulSet" : "ReplicaSet", kind == "statefulset" ? "redis" : "redis-5d4f8c7b9"));

        Assert.Null(PodChoice.ForClaim(kind, "redis", "data-redis-0", [other]));
        Assert.Equal("redis-7", PodChoice.ForClaim(kind, "redis", "data-redis-0", [other, own])?.Metadata.Name);
    }

    [Fact]
    public void A_pod_that_has_ended_or_is_about_to_takes_no_commands()
    {
        var going = Of("web-a", "files", ready: true, owner: Web);
        going = going with { Metadata = going.Metadata with { DeletionTimestamp = DateTimeOffset.UnixEpoch } };
        var ended = Of("web-b", "files", ready: false, owner: Web) with { Status = new PodStatus { Phase = "Succeeded" } };

        Assert.Null(PodChoice.ForClaim("deployment", "web", "files", [going, ended]));
        Assert.True(PodChoice.UsesVolumes(going));
    }

    [Theory]
    [InlineData(null, null, "main")]
    [InlineData(null, "sidecar", "sidecar")]
    [InlineData(null, "gone", "main")]
    [InlineData("init", "sidecar", "init")]
    [InlineData("missing", null, null)]
    public void The_policy_chooses_the_container_then_the_annotation_then_the_mount(string? wanted, string? annotated, string? container)
    {
        var pod = Of("redis-0", "data-redis-0", ready: true);
        pod = pod with
        {
            Metadata = pod.Metadata with { Annotations = annotated is null ? null : new() { ["kubectl.kubernetes.io/default-container"] = annotated } },
            Spec = pod.Spec! with { Containers = [new PodContainer { Name = "init" }, pod.Spec!.Containers[0], new PodContainer { Name = "sidecar" }] },
        };

        Assert.Equal(container, PodChoice.ContainerOf(pod, "data-redis-0", wanted)?.Name);
    }

    [Fact]
    public void A_container_has_the_claim_at_its_own_path()
    {
        var pod = Of("redis-0", "data-redis-0", ready: true);

        Assert.Equal("/var/lib/redis", pod.MountPath(pod.Spec!.Containers[0], "data-redis-0"));
        Assert.Null(pod.MountPath(new PodContainer { Name = "sidecar" }, "data-redis-0"));
    }

    [Fact]
    public void A_query_selects_as_the_selector_does()
    {
        var selector = new LabelSelector
        {
            MatchLabels = new() { ["app"] = "redis" },
            MatchExpressions =
            [
                new LabelRequirement("tier", "In", ["a", "b"]), new LabelRequirement("env", "NotIn", ["test"]),
                new LabelRequirement("role", "Exists", null), new LabelRequirement("canary", "DoesNotExist", null),
            ],
        };

        Assert.Equal("app=redis,tier in (a,b),env notin (test),role,!canary", selector.ToQuery());
    }

    static OwnerReference Web => Owner("ReplicaSet", "web-7c9b6f5d8");

    static OwnerReference Owner(string kind, string name) => new() { ApiVersion = kind == "Job" ? "batch/v1" : "apps/v1", Kind = kind, Name = name, Uid = "u", Controller = true };

    /// <summary>A pod of StatefulSet redis, unless it has another owner or none.</summary>
    static Pod Of(string name, string claim, bool ready, int age = 0, OwnerReference? owner = null, bool isOwned = true) => new()
    {
        Metadata = new KubeMetadata
        {
            Name = name,
            Uid = name,
            CreationTimestamp = DateTimeOffset.UnixEpoch - TimeSpan.FromDays(age),
            OwnerReferences = isOwned ? [owner ?? Owner("StatefulSet", "redis")] : null,
        },
        Spec = new PodSpec
        {
            Volumes = [new PodVolume { Name = "v", PersistentVolumeClaim = new ClaimVolume { ClaimName = claim } }],
            Containers = [new PodContainer { Name = "main", VolumeMounts = [new VolumeMount { Name = "v", MountPath = "/var/lib/redis" }] }],
        },
        Status = new PodStatus { Phase = "Running", Conditions = [new PodCondition { Type = "Ready", Status = ready ? "True" : "False" }] },
    };
}
