using System.Text.Json;
using BackupRunner.Names;
using BackupRunner.Tests.Kube.Fake;

namespace BackupRunner.Tests.Cluster;

/// <summary>Backups by the real program, with an API server that lets it do what the shipped Role allows.</summary>
public sealed class ClusterBackupTests
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_consistency_command_runs_in_the_workloads_container_and_the_lease_tells_of_the_run()
    {
        await using var scene = await ClusterScene.Start();

        var run = (await scene.Run("backup", ClusterScene.Policy($"{{enabled: true, command: '{scene.Note("$REDIS_PASSWORD.{{ Workload.pod }}.{{ Workload.container }}")}'}}"))).Exited(0);

        Assert.Equal([".redis-0.redis"], scene.Ran);
        Assert.Equal("completed", scene.Manifest.GetProperty("consistency").GetProperty("result").GetString());
        var lease = await scene.Lease();
        Assert.Null(lease.Spec?.HolderIdentity);
        Assert.Equal("done", ClusterScene.Note(lease, LeaseNotes.Phase));
        Assert.Equal(scene.Manifest.GetProperty("id").GetString(), ClusterScene.Note(lease, LeaseNotes.Id));
        Assert.Equal(0, JsonDocument.Parse(ClusterScene.Note(lease, LeaseNotes.Report)!).RootElement.GetProperty("exitCode").GetInt32());
        Assert.Contains("default/statefulset/redis/data-redis-0", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_text_of_a_command_is_in_a_url_and_no_secret_in_the_log()
    {
        await using var scene = await ClusterScene.Start();

        var run = (await scene.Run("backup", ClusterScene.Policy("{enabled: true, command: 'echo redis-cli -a hunter2 from-the-pod'}"))).Exited(0);

        Assert.DoesNotContain(scene.Api.Execs.Begun, exec => exec.Command.Any(word => word.Contains("redis-cli", StringComparison.Ordinal)));
        Assert.DoesNotContain("hunter2", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("from-the-pod", run.Error, StringComparison.Ordinal);
        Assert.Contains("**redacted**", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_that_fails_in_the_container_ends_the_backup()
    {
        await using var scene = await ClusterScene.Start();

        var run = (await scene.Run("backup", ClusterScene.Policy("{enabled: true, command: 'echo no such table >&2; exit 4'}"))).Exited(3);

        Assert.Contains("exited 4: \"no such table\"", run.Error, StringComparison.Ordinal);
        Assert.Empty(scene.Stored);
        Assert.Equal("failed", ClusterScene.Note(await scene.Lease(), LeaseNotes.Phase));
    }

    public static TheoryData<FakeExecFault> Cuts => new(new FakeExecFault(CutAfterBytes: 10), new FakeExecFault(LoseStatus: true), new FakeExecFault(CloseWithoutStatus: true));

    [Theory]
    [MemberData(nameof(Cuts))]
    public async Task A_command_whose_end_never_arrives_is_no_success(FakeExecFault fault)
    {
        await using var scene = await ClusterScene.Start();
        scene.Api.Execs.Break(_ => true, fault);

        var run = (await scene.Run("backup", ClusterScene.Policy("{enabled: true, command: 'echo all is well, and it says so at length; exit 0'}"))).Exited(3);

        Assert.Contains("how it ended is not known", run.Error, StringComparison.Ordinal);
        Assert.Empty(scene.Stored);
    }

    [Fact]
    public async Task A_question_whose_answer_is_lost_is_asked_again()
    {
        await using var scene = await ClusterScene.Start();
        scene.Api.Execs.Break(exec => scene.Ran.Contains("asked"), new FakeExecFault(LoseStatus: true));

        (await scene.Run("backup", ClusterScene.Policy($"{{enabled: true, command: 'true', waitCommand: '{scene.Note("asked")}'}}"))).Exited(0);

        Assert.InRange(scene.Ran.Length, 1, 2);
    }

    [Fact]
    public async Task A_command_that_takes_too_long_is_ended_in_the_container()
    {
        await using var scene = await ClusterScene.Start();

        var run = (await scene.Run("backup", ClusterScene.Policy("{enabled: true, timeout: 2s, command: 'sleep 1000 & sleep 1000; wait'}"))).Exited(3);

        Assert.Contains("did not end within 2s", run.Error, StringComparison.Ordinal);
        var begun = scene.Api.Execs.Begun[0];
        await begun.Ended.WaitAsync(TimeSpan.FromMinutes(2), Cancel);
        // A process that is only waited for has ended; one that was killed closes its output before that.
        await Support.Eventually.True(
            () => Task.FromResult(!Support.Shell.Try("ps", "-o", "stat=", "-s", $"{begun.ProcessId}").Out.Split('\n').Any(state => state.Length > 0 && state[0] != 'Z')), "the end of all that it started");
    }

    [Fact]
    public async Task A_container_that_the_policy_names_and_the_pod_has_not_is_refused()
    {
        await using var scene = await ClusterScene.Start();

        var run = (await scene.Run("backup", ClusterScene.Policy("{enabled: true, command: 'true', container: sentinel}"))).Exited(2);

        Assert.Contains("has no container \"sentinel\"", run.Error, StringComparison.Ordinal);
        Assert.Contains("it has \"redis\"", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_pod_a_policy_with_commands_fails_and_one_without_is_served()
    {
        await using var scene = await ClusterScene.Start();
        await scene.Admin.Delete(BackupRunner.Kube.KubeResources.Pods, ClusterScene.Space, ClusterScene.Pod, new(), Cancel);

        var run = (await scene.Run("backup", ClusterScene.Policy("{enabled: true, command: 'true'}"))).Exited(3);
        (await scene.Run("backup", ClusterScene.Policy())).Exited(0);

        Assert.Contains("no pod of statefulset \"redis\"", run.Error, StringComparison.Ordinal);
        Assert.Single(scene.Backups);
    }

    [Fact]
    public async Task A_policy_without_the_clusters_name_is_refused_before_anything_is_asked()
    {
        await using var scene = await ClusterScene.Start();

        var run = (await scene.Run("backup", "backup: {}")).Exited(2);

        Assert.Contains("backup.cluster", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(scene.Api.Log, entry => entry.User.Contains("backup-redis", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Every_call_is_one_that_the_shipped_role_allows()
    {
        await using var scene = await ClusterScene.Start();

        (await scene.Run("backup", ClusterScene.Policy("{enabled: true, command: 'true', freeze: {command: 'true', thaw: 'true'}}", "{backup: 'tar -czf {{ Backup.archivePath }} -C " + scene.Data + " .'}"))).Exited(0);
        (await scene.Run("prune", ClusterScene.Policy())).Exited(0);

        var calls = scene.Api.Log.Where(entry => entry.User.Contains("backup-redis", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(calls);
        Assert.DoesNotContain(calls, entry => entry.Status is 401 or 403);
    }
}
