using System.Net;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Webhook.Status;

/// <summary>The status port of the real process.</summary>
public sealed class StatusProcessTests
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_page_and_the_metrics_of_a_replica_are_on_a_port_of_their_own()
    {
        await using var scene = await WatchedNamespace.Start(webhooks: 1);
        await scene.Webhook.Create(WatchedNamespace.Policy());
        var replica = scene.Webhook.Replicas.Single();
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        Assert.StartsWith("<!doctype html>", await client.GetStringAsync(replica.Status, Cancel));
        await Eventually.True(async () => (await client.GetStringAsync(new Uri(replica.Status, "/metrics"), Cancel)).Contains("workqueue_work_duration_seconds_count{name=\"workloads\"}", StringComparison.Ordinal), "a look is counted");
        Assert.Contains("backup_admission_requests_total{path=\"/validate\",operation=\"CREATE\",result=\"allowed\"}", await client.GetStringAsync(new Uri(replica.Status, "/metrics"), Cancel), StringComparison.Ordinal);
        using var health = await client.GetAsync(new Uri(replica.Health, "/metrics"), Cancel);
        Assert.Equal(HttpStatusCode.NotFound, health.StatusCode);
    }

    [Fact]
    public async Task Port_0_is_none()
    {
        await using var scene = await WatchedNamespace.Start(webhooks: 1, "--status-port=0");
        var replica = scene.Webhook.Replicas.Single();
        // Admission and health.
        Assert.Equal(2, Shell.Run("ss", "-Hltnp").Split('\n').Count(line => line.Contains($"pid={replica.Id},", StringComparison.Ordinal)));
    }
}
