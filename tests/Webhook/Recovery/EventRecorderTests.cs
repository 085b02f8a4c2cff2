using BackupRunner.Kube;
using BackupRunner.Tests.Cluster;
using BackupRunner.Webhook.Status;
using Microsoft.Extensions.Logging.Abstractions;

namespace BackupRunner.Tests.Webhook;

public sealed class EventRecorderTests
{
    static readonly ObjectReference Redis = new() { ApiVersion = "apps/v1", Kind = "StatefulSet", Namespace = ClusterScene.Space, Name = "redis", Uid = "redis-uid" };

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_same_words_are_one_event_that_counts_also_after_a_restart_and_when_the_server_has_forgotten_it()
    {
        await using var scene = await ClusterScene.Start();
        await Recorder(scene).Record(Redis, EventRecorder.Warning, "Problem", "it is so", Cancel);
        var second = Recorder(scene);
        await second.Record(Redis, EventRecorder.Warning, "Problem", "it is so", Cancel);
        await second.Record(Redis, EventRecorder.Warning, "Problem", "it is so", Cancel);
        await second.Record(Redis, EventRecorder.Warning, "Problem", "it is otherwise", Cancel);

        var events = await Events(scene);
        Assert.Equal([1, 3], events.Select(one => one.Count ?? 0).Order());
        var told = events.Single(one => one.Count == 3);
        Assert.Equal(("Problem", "it is so", "Warning", "redis"), (told.Reason, told.Message, told.Type, told.InvolvedObject?.Name));

        await scene.Admin.Delete(KubeResources.Events, ClusterScene.Space, told.Metadata.Name, new(), Cancel);
        await second.Record(Redis, EventRecorder.Warning, "Problem", "it is so", Cancel);
        Assert.Equal([1, 1], (await Events(scene)).Select(one => one.Count ?? 0));
    }

    [Fact]
    public async Task A_message_is_cut_where_the_server_would_refuse_it()
    {
        await using var scene = await ClusterScene.Start();

        await Recorder(scene).Record(Redis, EventRecorder.Normal, "Long", new string('x', EventRecorder.LongestMessage + 1), Cancel);

        var message = Assert.Single(await Events(scene)).Message!;
        Assert.Equal(EventRecorder.LongestMessage, message.Length);
        Assert.EndsWith("x...", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_recorded_does_no_harm()
    {
        await using var scene = await ClusterScene.Start();

        await Recorder(scene).Record(Redis with { Namespace = "nowhere" }, EventRecorder.Normal, "Lost", "nobody hears it", Cancel);

        Assert.Empty(await Events(scene));
    }

    static EventRecorder Recorder(ClusterScene scene) => new(scene.Admin, "backup-webhook-a", NullLogger.Instance, TimeProvider.System);

    static async Task<List<KubeEvent>> Events(ClusterScene scene)
    {
        var events = new List<KubeEvent>();
        await foreach (var one in scene.Admin.List(KubeResources.Events, ClusterScene.Space, new ListOptions(), Cancel))
            events.Add(one);
        return events;
    }
}
