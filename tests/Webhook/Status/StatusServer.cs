using System.IO.Pipelines;
using System.Net;
using System.Text;
using BackupRunner.Webhook.Admission;
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
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Error).AddProvider(Errors);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        app = builder.Build();
        app.UseStatus(() => View, Metrics);
    }

    /// <summary>What Kestrel has to complain of.</summary>
    public SaidErrors Errors { get; } = new();

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

    /// <summary>What instruments have counted, without a server.</summary>
    public static async Task<string> Told(WebhookMetrics metrics)
    {
        var text = new MemoryStream();
        await metrics.Write(PipeWriter.Create(text), Views.Empty, TestContext.Current.CancellationToken);
        return Encoding.UTF8.GetString(text.ToArray());
    }

    /// <summary>Every instrument has counted something, so that each has a series.</summary>
    public void Everything()
    {
        var queue = Metrics.Queues.Of("workloads");
        queue.Depth.Set(0);
        queue.Adds.Inc();
        queue.Retries.Inc();
        queue.Waited.Observe(0.1);
        queue.Worked.Observe(0.1);
        Metrics.Admission.Answered("/mutate", "CREATE", AdmissionReply.Unchanged);
        Metrics.Admission.Took("/mutate", TimeSpan.FromMilliseconds(3));
        Metrics.Restores.Ended("default", "StatefulSet", "redis", succeeded: true, Views.Now, TimeSpan.FromMinutes(1));
        Metrics.Restores.Ended("default", "StatefulSet", "etcd", succeeded: false, Views.Now, TimeSpan.FromMinutes(1));
        Metrics.Keys.RotationDue("default", "backup-key", Views.Now.AddDays(30));
    }

    public Task Stop() => app.StopAsync(TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync() => app.DisposeAsync();
}
