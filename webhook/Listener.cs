using BackupRunner.Webhook.Status;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BackupRunner.Webhook;

/// <summary>A server on one port, with nothing of the framework's that is not used.</summary>
static class Listener
{
    /// <summary>Connections at a time; an API server keeps a few.</summary>
    const int MostConnections = 1024;

    /// <exception cref="IOException">The port is taken, or not ours to take.</exception>
    public static async Task<WebApplication> Start(ILoggerFactory logs, Action<KestrelServerOptions> listen, Action<WebApplication> answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(logs);
        builder.Services.AddSingleton<IHostLifetime, OwnSignals>();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = MostConnections;
            listen(kestrel);
        });
        var server = builder.Build();
        answer(server);
        await server.StartAsync(CancellationToken.None);
        return server;
    }
}
