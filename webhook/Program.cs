using System.Collections;
using System.Runtime.InteropServices;
using BackupRunner.Kube;
using BackupRunner.Webhook;
using BackupRunner.Webhook.Logging;
using BackupRunner.Webhook.Status;
using BackupRunner.Webhook.Tls;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

using var stop = new CancellationTokenSource();
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);

return await CommandLine.Run(args, Console.Out, Console.Error, Serve, stop.Token);

void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.Cancel();
}

static async Task<int> Serve(WebhookOptions options, CancellationToken cancel)
{
    var time = TimeProvider.System;
    using var output = Console.OpenStandardOutput();
    using var logs = LoggerFactory.Create(logging => logging.SetMinimumLevel(options.LogLevel).AddFilter("Microsoft", LogLevel.Warning).AddProvider(new JsonLog(output, time)));
    KubeConfig config;
    try
    {
        var variables = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().ToDictionary(variable => (string)variable.Key, variable => (string)variable.Value!);
        config = (options.Kubeconfig is { } file ? KubeConfig.FromFile(file, options.Context) : KubeConfig.InCluster(variables))
            ?? throw new KubeConfigException("this is no pod of a cluster; give --kubeconfig");
    }
    catch (KubeConfigException e)
    {
        await Console.Error.WriteLineAsync("error: " + e.Message);
        return CommandLine.Usage;
    }
    using var client = new KubeClient(config, time);
    var place = new WebhookPlace(options.Namespace ?? config.Namespace, options.Service);
    var (readiness, liveness, serving) = (new Readiness(), new Liveness(), new ServingCertificate(time));
    readiness.Add(() => serving.Problem);

    var builder = WebApplication.CreateSlimBuilder();
    builder.Logging.ClearProviders();
    builder.Services.AddSingleton(logs);
    builder.Services.AddSingleton<IHostLifetime, OwnSignals>();
    builder.WebHost.UseKestrelHttpsConfiguration();
    builder.WebHost.ConfigureKestrel(kestrel =>
    {
        kestrel.AddServerHeader = false;
        kestrel.ListenAnyIP(options.Port, serving.UseIn);
        kestrel.ListenAnyIP(options.HealthPort);
    });
    await using var server = builder.Build();
    server.UseHealth(readiness, liveness);
    server.Run(http =>
    {
        http.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    });
    await server.StartAsync(CancellationToken.None);

    using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancel);
    var certificates = CertificateSource.Of(options, client, place, time, logs).Run(serving, ending.Token);
    liveness.Add("the loop of certificates", certificates);
    await Task.WhenAny(certificates, Task.Delay(Timeout.InfiniteTimeSpan, cancel));
    await GracefulStop.Run(readiness, server, async () =>
    {
        await ending.CancelAsync();
        await certificates;
    }, time);
    return 0;
}
