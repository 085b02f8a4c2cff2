using System.Net;
using BackupRunner.Tests.Hooks;
using BackupRunner.Webhook.Status;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace BackupRunner.Tests.Webhook;

public sealed class StatusTests : IAsyncLifetime
{
    readonly Readiness readiness = new();
    readonly Liveness liveness = new();
    readonly TaskCompletionSource entered = new();
    readonly TaskCompletionSource answer = new();
    readonly HttpClient client = new();
    WebApplication server = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        server = builder.Build();
        server.Map("/slow", slow => slow.Run(async http =>
        {
            entered.SetResult();
            await answer.Task;
            await http.Response.WriteAsync("done");
        }));
        server.UseHealth(readiness, liveness);
        await server.StartAsync(Cancel);
        client.BaseAddress = new Uri(server.Urls.Single());
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        await server.DisposeAsync();
    }

    [Fact]
    public async Task Ready_means_that_all_conditions_hold()
    {
        var listed = new TaskCompletionSource();
        string? problem = "there is no certificate yet";
        readiness.Add("the first list is not complete", listed.Task);
        readiness.Add(() => problem);
        Assert.Equal((503, "the first list is not complete\nthere is no certificate yet\n"), await Get("/readyz"));
        listed.SetResult();
        Assert.Equal((503, "there is no certificate yet\n"), await Get("/readyz"));
        problem = null;
        Assert.Equal((200, "ok\n"), await Get("/readyz"));
        readiness.Stop();
        Assert.Equal((503, "it is stopping\n"), await Get("/readyz"));
        Assert.Equal((200, "ok\n"), await Get("/livez"));
    }

    [Fact]
    public async Task A_list_that_failed_is_not_one_that_is_complete()
    {
        readiness.Add("the first list is not complete", Task.FromException(new InvalidOperationException("broken")));
        Assert.Equal(503, (await Get("/readyz")).Status);
    }

    [Fact]
    public async Task Alive_means_that_no_loop_has_ended()
    {
        var loop = new TaskCompletionSource();
        liveness.Add("the loop of certificates", loop.Task);
        Assert.Equal((200, "ok\n"), await Get("/livez"));
        loop.SetResult();
        Assert.Equal((503, "the loop of certificates has ended\n"), await Get("/livez"));
    }

    [Fact]
    public async Task Nothing_else_is_there()
    {
        Assert.Equal(404, (await Get("/mutate")).Status);
        using var posted = await client.PostAsync(new Uri("/readyz", UriKind.Relative), null, Cancel);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, posted.StatusCode);
    }

    [Fact]
    public async Task Stopping_is_not_ready_first_gives_up_the_loops_and_finishes_what_was_asked()
    {
        var time = new ManualTime();
        var slow = Get("/slow");
        await entered.Task;
        var released = new TaskCompletionSource();
        var stopping = GracefulStop.Run(readiness, server, () =>
        {
            released.SetResult();
            return Task.CompletedTask;
        }, time);
        await released.Task;
        await time.NextWait(GracefulStop.Drain, Cancel);
        // Calls that still come are answered.
        Assert.Equal((503, "it is stopping\n"), await Get("/readyz"));
        time.Advance(GracefulStop.Drain);
        await time.NextWait(GracefulStop.LongestCall, Cancel);
        Assert.False(stopping.IsCompleted);
        answer.SetResult();
        Assert.Equal((200, "done"), await slow);
        await stopping;
    }

    [Fact]
    public async Task A_call_that_nobody_waits_for_any_more_holds_nothing_up()
    {
        var time = new ManualTime();
        var slow = Get("/slow");
        await entered.Task;
        var stopping = GracefulStop.Run(readiness, server, () => Task.CompletedTask, time);
        await time.NextWait(GracefulStop.Drain, Cancel);
        time.Advance(GracefulStop.Drain);
        await time.NextWait(GracefulStop.LongestCall, Cancel);
        time.Advance(GracefulStop.LongestCall);
        await stopping;
        answer.SetResult();
        await Assert.ThrowsAnyAsync<Exception>(() => slow);
    }

    async Task<(int Status, string Text)> Get(string path)
    {
        using var answered = await client.GetAsync(new Uri(path, UriKind.Relative), Cancel);
        return ((int)answered.StatusCode, await answered.Content.ReadAsStringAsync(Cancel));
    }
}
