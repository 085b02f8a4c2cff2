using BackupRunner.Kube;
using BackupRunner.Names;
using BackupRunner.Tests.Kube.Fake;
using Microsoft.AspNetCore.Http;

namespace BackupRunner.Tests.Cluster;

/// <summary>
/// A pod of a StatefulSet comes back under its name. What was made consistent or frozen was the one before, also where the watch, which would tell, is
/// slower than the next command.
/// </summary>
public sealed class ClusterReplacedPodTests
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("freeze: {command: 'SECOND', thaw: 'SECOND'}", "{}")]
    [InlineData("freeze: {hold: 'SECOND; echo READY; cat >/dev/null'}", "{}")]
    [InlineData("waitCommand: 'SECOND'", "{}")]
    [InlineData("", "{backup: 'SECOND; tar -cf {{ Backup.archivePath }} -C DATA .'}")]
    public async Task A_pod_that_is_replaced_between_two_commands_takes_no_more_of_them(string consistency, string commands)
    {
        await using var scene = await ClusterScene.Start();
        string Fill(string text) => text.Replace("SECOND", scene.Note("second"), StringComparison.Ordinal).Replace("DATA", scene.Data, StringComparison.Ordinal);
        using var watch = scene.Api.Faults.Add(request => AsksForPods(request) && request.Query.ContainsKey("watch"), new FakeFault.Hold(Task.Delay(Timeout.Infinite, Cancel)));
        // The first that is asked after the consistency command.
        scene.Api.Faults.Add(
            request => AsksForPods(request) && scene.Ran is ["first"],
            new FakeFault.First(async () =>
            {
                await scene.Admin.Delete(KubeResources.Pods, ClusterScene.Space, ClusterScene.Pod, new() { GracePeriodSeconds = 0 }, Cancel);
                await scene.MakePod("redis", ready: true);
            }),
            times: 1);

        var run = await scene.Run("backup", ClusterScene.Policy($"{{enabled: true, command: '{scene.Note("first")}', {Fill(consistency)}}}", Fill(commands)));

        Assert.True(run.ExitCode is 3 or 143, $"exit {run.ExitCode}: {run.Error}");
        Assert.Contains("was replaced", run.Error, StringComparison.Ordinal);
        Assert.Equal(["first"], scene.Ran);
        Assert.Empty(scene.Stored);
        Assert.Null(ClusterScene.Note(await scene.Lease(), LeaseNotes.Frozen));
        Assert.True((await scene.Lease()).Spec?.HolderIdentity is null or "");
    }

    static bool AsksForPods(HttpRequest request) => request.Path.Value!.Contains("/pods", StringComparison.Ordinal) && request.Method == "GET";
}
