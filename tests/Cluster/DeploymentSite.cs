using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using BackupRunner.Kube;
using BackupRunner.Names;
using BackupRunner.Tests.Kube.Fake;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Cluster;

/// <summary>
/// A Deployment web beside the StatefulSet of a <see cref="ClusterScene"/>: its claim "files", its account with a Role of its own, and what keeps as many
/// pods as its replicas say. As in a cluster they are owned by a ReplicaSet and get a new name each time.
/// </summary>
sealed class DeploymentSite : IAsyncDisposable
{
    const string ReplicaSet = "web-7c9b6f5d8";

    readonly ConcurrentQueue<int> seen = new();
    readonly CancellationTokenSource stop = new();
    readonly Task working;
    int made;

    DeploymentSite(ClusterScene scene)
    {
        Scene = scene;
        working = Keep();
    }

    public ClusterScene Scene { get; }

    public static string ClaimLease => ClusterNames.OfClaim("deployment", "web", "files");

    public static string RestoreLease => ClusterNames.OfRestore("deployment", "web");

    /// <summary>Each change of the replicas, as it was seen.</summary>
    public IReadOnlyList<int> Seen => [.. seen];

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<DeploymentSite> Start()
    {
        var scene = await ClusterScene.Start();
        foreach (var item in Yaml.Documents($$$"""
            {apiVersion: coordination.k8s.io/v1, kind: Lease, metadata: {name: {{{ClaimLease}}}}, spec: {}}
            ---
            {apiVersion: coordination.k8s.io/v1, kind: Lease, metadata: {name: {{{RestoreLease}}}}, spec: {}}
            ---
            {apiVersion: v1, kind: ServiceAccount, metadata: {name: web-runner}}
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: Role
            metadata: {name: web-runner}
            rules:
              - {apiGroups: [coordination.k8s.io], resources: [leases], resourceNames: [{{{ClaimLease}}}, {{{RestoreLease}}}], verbs: [get, update]}
              - {apiGroups: [apps], resources: [deployments], resourceNames: [web], verbs: [get]}
              - {apiGroups: [apps], resources: [deployments/scale], resourceNames: [web], verbs: [get, patch]}
              - {apiGroups: [""], resources: [pods], verbs: [get, list, watch]}
              # The names of a Deployment's pods change.
              - {apiGroups: [""], resources: [pods/exec], verbs: [get, create]}
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: RoleBinding
            metadata: {name: web-runner}
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: web-runner}
            subjects: [{kind: ServiceAccount, name: web-runner, namespace: default}]
            ---
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web}
            spec:
              replicas: 1
              selector: {matchLabels: {app: web}}
              template: {metadata: {labels: {app: web}}, spec: {containers: [{name: server, image: "web:1"}]}}
            ---
            apiVersion: apps/v1
            kind: ReplicaSet
            metadata: {name: {{{ReplicaSet}}}, labels: {app: web}}
            spec:
              selector: {matchLabels: {app: web}}
              template: {metadata: {labels: {app: web}}, spec: {containers: [{name: server, image: "web:1"}]}}
            """))
        {
            await scene.Create(item);
        }
        var site = new DeploymentSite(scene);
        await Eventually.True(async () => (await site.Pods()).Count == 1, "the first pod");
        return site;
    }

    public Task<RunnerResult> Run(string verb, string policy, params string[] more) => Scene.Runner.Run(
        [.. Scene.Arguments(verb, policy, "web-runner", more).Select(word => word switch { "statefulset/redis" => "deployment/web", "data-redis-0" => "files", _ => word })]);

    public async Task<List<Pod>> Pods()
    {
        var pods = new List<Pod>();
        await foreach (var pod in Scene.Admin.List(KubeResources.Pods, ClusterScene.Space, new ListOptions { LabelSelector = "app=web" }, CancellationToken.None))
            pods.Add(pod);
        return pods;
    }

    /// <summary>A pod with the Deployment's labels and claim.</summary>
    public async Task MakePod(string name, string ownerKind, string owner)
    {
        Scene.Api.Containers.Register(ClusterScene.Space, name, "server", new FakeContainer());
        var item = Yaml.Documents($$$"""
            apiVersion: v1
            kind: Pod
            metadata:
              name: {{{name}}}
              labels: {app: web}
              ownerReferences: [{apiVersion: apps/v1, kind: {{{ownerKind}}}, name: {{{owner}}}, uid: {{{await UidOf(owner)}}}, controller: true, blockOwnerDeletion: true}]
            spec:
              nodeName: node1
              containers: [{name: server, image: "web:1", volumeMounts: [{name: files, mountPath: /srv}]}]
              volumes: [{name: files, persistentVolumeClaim: {claimName: files}}]
            """)[0];
        await Scene.Create(item);
        var status = new JsonObject { ["phase"] = "Running", ["conditions"] = new JsonArray(new JsonObject { ["type"] = "Ready", ["status"] = "True" }) };
        await Scene.Admin.MergePatch(KubeResources.Pods.OfStatus(), ClusterScene.Space, name, new JsonObject { ["status"] = status }, CancellationToken.None);
    }

    // The owner must be there, or the server collects the pod.
    async Task<string> UidOf(string owner) => (owner == ReplicaSet
        ? (await Scene.Admin.Get(KubeResources.Any("apps", "v1", "replicasets"), ClusterScene.Space, owner, CancellationToken.None))!.Metadata.Uid
        : (await Scene.Admin.Get(KubeResources.StatefulSets, ClusterScene.Space, owner, CancellationToken.None))!.Metadata.Uid)!;

    async Task Keep()
    {
        try
        {
            await foreach (var change in Scene.Admin.Watch(KubeResources.Deployments, ClusterScene.Space, new ListOptions(), stop.Token))
                if (change.Item is { } deployment && change.Change != WatchChange.Deleted)
                    await Keep(deployment);
        }
        catch (OperationCanceledException)
        {
        }
    }

    async Task Keep(Workload deployment)
    {
        var wanted = deployment.Spec?.Replicas ?? 0;
        if (Seen.LastOrDefault(-1) != wanted)
            seen.Enqueue(wanted);
        var pods = (await Pods()).FindAll(pod => pod.Metadata.OwnerReferences?[0].Name == ReplicaSet);
        foreach (var pod in wanted == 0 ? pods : [])
            await Scene.Admin.Delete(KubeResources.Pods, ClusterScene.Space, pod.Metadata.Name, new(), Cancel);
        if (wanted > 0 && pods.Count == 0)
            await MakePod($"{ReplicaSet}-{++made}", "ReplicaSet", ReplicaSet);
        if (deployment.Status?.ObservedGeneration == deployment.Metadata.Generation && (deployment.Status?.ReadyReplicas ?? 0) == wanted)
            return;
        var status = new JsonObject { ["observedGeneration"] = deployment.Metadata.Generation, ["replicas"] = wanted, ["readyReplicas"] = wanted };
        await Scene.Admin.MergePatch(KubeResources.Deployments.OfStatus(), ClusterScene.Space, "web", new JsonObject { ["status"] = status }, stop.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await working;
        stop.Dispose();
        await Scene.DisposeAsync();
    }
}
