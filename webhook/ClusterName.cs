using BackupRunner.Kube;
using Microsoft.Extensions.Logging;

namespace BackupRunner.Webhook;

/// <summary>The name of this cluster in stored paths, where a policy does not give one.</summary>
public sealed partial class ClusterName
{
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    ClusterName()
    {
    }

    /// <summary>Waits for an API server that is away.</summary>
    /// <returns>Null: it was cancelled.</returns>
    public static async Task<string?> Of(WebhookOptions options, KubeClient kube, TimeProvider time, ILogger<ClusterName> log, CancellationToken cancel)
    {
        if (options.Cluster is { } name)
            return name;
        try
        {
            while (true)
            {
                try
                {
                    if ((await kube.Get(KubeResources.Any("", "v1", "namespaces"), null, "kube-system", cancel))?.Metadata.Uid is { Length: > 0 } uid)
                        return uid;
                    Unknown(log, "there is no namespace kube-system; give --cluster");
                }
                catch (KubeException failure)
                {
                    Unknown(log, failure.Message);
                }
                await Task.Delay(Pause, time, cancel);
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return null;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "cannot tell the name of this cluster: {Reason}; trying again")]
    static partial void Unknown(ILogger log, string reason);
}
