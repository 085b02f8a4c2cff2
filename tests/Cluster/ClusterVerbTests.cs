using BackupRunner.Kube;
using BackupRunner.Names;
using BackupRunner.Tests.Kube.Fake;

namespace BackupRunner.Tests.Cluster;

/// <summary>The other verbs in a cluster, and what is refused there.</summary>
public sealed class ClusterVerbTests
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Check_proves_lease_pod_and_templates_and_leaves_all_as_it_was()
    {
        await using var scene = await ClusterScene.Start();
        scene.Scratch.Folder("store");

        var run = (await scene.Run("check", ClusterScene.Policy("{enabled: true, command: 'echo {{ Workload.pod }}'}"))).Exited(0);

        Assert.Contains("ok      Lease", run.Out, StringComparison.Ordinal);
        Assert.Contains("ok      policy, templates and the workload's pod", run.Out, StringComparison.Ordinal);
        Assert.Empty(scene.Ran);
        Assert.Null((await scene.Lease()).Spec?.HolderIdentity);
        Assert.Null((await scene.Lease()).Metadata.Annotations);
    }

    [Fact]
    public async Task Check_tells_all_that_is_wrong_at_once()
    {
        await using var scene = await ClusterScene.Start();
        await scene.Admin.Delete(KubeResources.Pods, ClusterScene.Space, ClusterScene.Pod, new(), Cancel);

        var run = (await scene.Run("check", ClusterScene.Policy("{enabled: true, command: 'true'}"))).Exited(3);

        Assert.Contains("failed  policy, templates and the workload's pod: no pod of statefulset \"redis\"", run.Out, StringComparison.Ordinal);
        Assert.Contains("ok      store", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_knows_the_namespace_and_asks_nothing_of_the_api_server()
    {
        await using var scene = await ClusterScene.Start();
        (await scene.Run("backup", ClusterScene.Policy())).Exited(0);
        var before = scene.Api.Log.Count;

        var run = (await scene.Runner.Run("list", "--store", scene.Store, "--output", "json")).Exited(0);

        Assert.Contains("test/default/statefulset/redis/data-redis-0", run.Out, StringComparison.Ordinal);
        Assert.Equal(before, scene.Api.Log.Count);
    }

    [Theory]
    [InlineData("--workload", "daemonset/agent", "--kubeconfig needs a workload")]
    [InlineData("--no-kube", null, "contradict each other")]
    [InlineData("--lease-wait", "soon", "--lease-wait")]
    [InlineData("--context", "elsewhere", "elsewhere")]
    public async Task What_cannot_be_meant_is_refused_before_anything_is_asked(string option, string? value, string said)
    {
        await using var scene = await ClusterScene.Start();
        var arguments = scene.Arguments("backup", ClusterScene.Policy(), "backup-redis").ToList();
        if (option == "--workload")
            arguments[arguments.IndexOf(option) + 1] = value!;
        else
            arguments.AddRange(value is null ? [option] : [option, value]);

        var run = (await scene.Runner.Run([.. arguments])).Exited(2);

        Assert.Contains(said, run.Error, StringComparison.Ordinal);
        Assert.Empty(scene.Stored);
    }

    [Fact]
    public async Task An_account_without_a_permission_is_told_which_and_where_it_is_written()
    {
        await using var scene = await ClusterScene.Start();

        // The restore's account may take the Lease, the backup's may not scale.
        var run = (await scene.Runner.Run(scene.Arguments("restore", ClusterScene.Policy(), "backup-redis", "--latest"))).Exited(2);

        Assert.Contains("restore-statefulset-redis", run.Error, StringComparison.Ordinal);
        Assert.Contains("is forbidden", run.Error, StringComparison.Ordinal);
        var heading = run.Error.Split("docs/OPERATIONS.md, \"")[1].Split('"')[0];
        Assert.Contains($"## {heading}: ", await File.ReadAllTextAsync(Support.Repository.PathOf("docs/OPERATIONS.md"), Cancel), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("backup")]
    [InlineData("restore")]
    public async Task An_account_whose_token_nobody_knows_is_told_so(string verb)
    {
        await using var scene = await ClusterScene.Start();
        scene.Scratch.Folder("store");
        var account = verb == "restore" ? "restore-redis" : "backup-redis";
        var arguments = scene.Arguments(verb, ClusterScene.Policy(), account, verb == "restore" ? ["--latest"] : []);
        scene.Api.Users.RevokeAll(FakeUser.Account(ClusterScene.Space, account).Name);

        var run = (await scene.Runner.Run(arguments)).Exited(2);

        Assert.Contains("hint: the API server does not know this pod's token: see that the ServiceAccount exists and its token is mounted", run.Error, StringComparison.Ordinal);
        Assert.Empty(scene.Stored);
    }

    [Fact]
    public async Task Without_the_api_server_a_run_of_a_host_still_works()
    {
        await using var scene = await ClusterScene.Start();
        var arguments = scene.Arguments("backup", ClusterScene.Policy(), "backup-redis").ToList();
        arguments.RemoveRange(arguments.IndexOf("--kubeconfig"), 2);

        (await scene.Runner.Run([.. arguments, "--no-kube"])).Exited(0);

        Assert.Single(scene.Backups);
        Assert.Null(ClusterScene.Note(await scene.Lease(), LeaseNotes.Id));
    }
}
