using BackupRunner.Kube;
using BackupRunner.Tests.Hooks;
using Microsoft.AspNetCore.Http;

namespace BackupRunner.Tests.Kube;

public sealed class WatchTests
{
    static readonly TimeSpan Within = TimeSpan.FromSeconds(29);

    readonly ManualTime time = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    static string Pod(string name, int version, string uid = "u") =>
        $$$"""{"kind":"Pod","apiVersion":"v1","metadata":{"name":"{{{name}}}","namespace":"shop","uid":"{{{uid}}}","resourceVersion":"{{{version}}}"}}""";

    static string List(int version, params string[] pods) =>
        $$$"""{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"{{{version}}}"},"items":[{{{string.Join(',', pods)}}}]}""";

    static string Line(string type, string item) => $$"""{"type":"{{type}}","object":{{item}}}""" + "\n";

    static readonly string Gone = Line("ERROR", """{"kind":"Status","status":"Failure","message":"too old resource version","reason":"Expired","code":410}""");

    /// <summary>Watches a server that answers one step a request, and keeps the last one open. Told: what came, up to and with the last expected.</summary>
    async Task<(List<string> Told, IReadOnlyList<SeenRequest> Seen)> Watch(int count, params Func<HttpContext, Task>[] steps)
    {
        await using var server = await ScriptedKube.Start(async (context, number) =>
        {
            await steps[Math.Min(number, steps.Length) - 1](context);
            if (number >= steps.Length)
            {
                await context.Response.Body.FlushAsync(context.RequestAborted);
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
            }
        }, Cancel);
        using var client = new KubeClient(new() { Server = server.Address }, time);
        var told = new List<string>();
        await using var events = client.Watch(KubeResources.Pods, "shop", new() { LabelSelector = "app=redis" }, Cancel).GetAsyncEnumerator(Cancel);
        while (told.Count < count)
        {
            Assert.True(await time.RunUntil(events.MoveNextAsync().AsTask(), Within, Cancel));
            told.Add(events.Current.Item is { } pod ? $"{events.Current.Change} {pod.Metadata.Name} {pod.Metadata.ResourceVersion} {pod.Metadata.Uid}" : $"{events.Current.Change}");
        }
        return (told, server.Seen);
    }

    static Func<HttpContext, Task> Say(string text) => context => context.Response.WriteAsync(text);

    [Fact]
    public async Task Tells_what_there_is_and_then_what_changes()
    {
        var (told, seen) = await Watch(5,
            Say(List(5, Pod("a", 1), Pod("b", 2))),
            Say(Line("MODIFIED", Pod("a", 6)) + Line("DELETED", Pod("b", 7))));
        Assert.Equal(["Added a 1 u", "Added b 2 u", "Synced", "Modified a 6 u", "Deleted b 7 u"], told);
        Assert.StartsWith("?watch=1&allowWatchBookmarks=true&labelSelector=app%3Dredis&resourceVersion=5&timeoutSeconds=", seen[1].Query, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Goes_on_from_a_bookmark_when_the_server_ends_the_watch()
    {
        var (told, seen) = await Watch(2,
            Say(List(5)),
            Say(Line("BOOKMARK", """{"kind":"Pod","apiVersion":"v1","metadata":{"resourceVersion":"99"}}""")),
            Say(Line("ADDED", Pod("a", 100))));
        Assert.Equal(["Synced", "Added a 100 u"], told);
        Assert.Contains("&resourceVersion=99&", seen[2].Query, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Lists_again_when_it_is_too_far_behind_and_tells_the_difference(bool inStream)
    {
        var (told, _) = await Watch(11,
            Say(List(5, Pod("same", 1), Pod("changed", 2), Pod("gone", 3), Pod("replaced", 4, "old"))),
            inStream ? Say(Gone) : context => ScriptedKube.Fail(context, 410, "Expired"),
            Say(List(50, Pod("same", 1), Pod("changed", 20), Pod("replaced", 40, "new"), Pod("fresh", 41))),
            Say(""));
        Assert.Equal(
            ["Synced", "Modified changed 20 u", "Deleted replaced 4 old", "Added replaced 40 new", "Added fresh 41 u", "Deleted gone 3 u", "Synced"], told[4..]);
    }

    [Fact]
    public async Task Goes_on_after_a_cut_in_the_middle_of_a_line_and_tells_nothing_twice()
    {
        var (told, seen) = await Watch(4,
            Say(List(5)),
            async context =>
            {
                await context.Response.WriteAsync(Line("ADDED", Pod("a", 6)) + Line("ADDED", Pod("b", 7))[..40]);
                await context.Response.Body.FlushAsync(Cancel);
                context.Abort();
            },
            Say(Line("ADDED", Pod("a", 6)) + Line("ADDED", Pod("b", 7))[..40]),
            Say(Line("ADDED", Pod("b", 7)) + Line("DELETED", Pod("a", 8))));
        Assert.Equal(["Synced", "Added a 6 u", "Added b 7 u", "Deleted a 8 u"], told);
        Assert.Contains("&resourceVersion=6&", seen[3].Query, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Survives_a_server_that_restarts()
    {
        Func<HttpContext, Task> away = context => ScriptedKube.Fail(context, 503, "ServiceUnavailable");
        Func<HttpContext, Task> cut = context =>
        {
            context.Abort();
            return Task.CompletedTask;
        };
        var (told, _) = await Watch(3,
            Say(List(5, Pod("a", 1))), cut, away, away, cut, away, away, away, Say(Line("MODIFIED", Pod("a", 9))));
        Assert.Equal(["Added a 1 u", "Synced", "Modified a 9 u"], told);
    }

    [Theory]
    [InlineData(403)]
    [InlineData(401)]
    [InlineData(404)]
    [InlineData(400)]
    public async Task Fails_when_it_stays_refused(int code)
    {
        var e = await Assert.ThrowsAsync<KubeException>(() => Watch(2, [.. Enumerable.Repeat<Func<HttpContext, Task>>(context => ScriptedKube.Fail(context, code, "No"), 9)]));
        Assert.Equal(code, (int)e.HttpStatus!);
    }

    [Fact]
    public async Task Fails_clearly_when_an_event_can_never_be_read()
    {
        var e = await Assert.ThrowsAsync<KubeException>(() => Watch(2, [Say(List(5)), .. Enumerable.Repeat(Say("{\"type\":\"ADDED\",\"object\":[]}\n"), 9)]));
        Assert.StartsWith("watch pods in namespace \"shop\": the server's answer is not the JSON that was expected", e.Message, StringComparison.Ordinal);
    }
}
