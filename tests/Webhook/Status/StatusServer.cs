using System.Net;
using BackupRunner.Webhook.Status;
using BackupRunner.Webhook.Status.Metrics;
using BackupRunner.Webhook.Status.View;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace BackupRunner.Tests.Webhook.Status;

/// <summary>The status port on loopback, over a view that the test sets.</summary>
sealed class StatusServer : IAsyncDisposable
{
    static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false });

    readonly WebApplication app;
    volatile StatusView view;

    StatusServer(StatusView view)
    {
        this.view = view;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        app = builder.Build();
        app.UseStatus(() => View, Metrics);
    }

    public WebhookMetrics Metrics { get; } = new();

    public Uri Address => new(app.Urls.Single());

    public StatusView View
    {
        get => view;
        set => view = value;
    }

    public static async Task<StatusServer> Start(StatusView view)
    {
        var server = new StatusServer(view);
        await server.app.StartAsync(TestContext.Current.CancellationToken);
        return server;
    }

    public async Task<HttpResponseMessage> Ask(string method, string path)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(Address, path));
        return await Http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    public Task<string> Get(string path) => Http.GetStringAsync(new Uri(Address, path), TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync() => app.DisposeAsync();
}
