using BackupRunner.Kube;
using Microsoft.Extensions.Logging;

namespace BackupRunner.Webhook.Tls;

/// <summary>Which source the options ask for.</summary>
public static class CertificateSource
{
    public static ICertificateSource Of(WebhookOptions options, KubeClient client, WebhookPlace place, TimeProvider time, ILoggerFactory logs) =>
        options.Tls is { } files
            ? new CertificateFiles(files.Certificate, files.Key, time, logs.CreateLogger<CertificateFiles>())
            : new IssuedCertificate(client, place, time, logs.CreateLogger<IssuedCertificate>());
}
