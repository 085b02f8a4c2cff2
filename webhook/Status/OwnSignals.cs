using Microsoft.Extensions.Hosting;

namespace BackupRunner.Webhook.Status;

/// <summary>The host listens to no signals and says nothing on the console: both are Program's.</summary>
public sealed class OwnSignals : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
