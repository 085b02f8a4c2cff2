namespace BackupRunner.Webhook.Tls;

/// <summary>Where the API server finds this webhook, and the objects that have its name.</summary>
/// <param name="Service">Also the name of both webhook configurations.</param>
public sealed record WebhookPlace(string Namespace, string Service)
{
    public string SecretName => Service + "-tls";

    /// <summary>What the certificate is for. The API server asks for <c>SERVICE.NAMESPACE.svc</c>.</summary>
    public IReadOnlyList<string> HostNames => [$"{Service}.{Namespace}.svc", Service, $"{Service}.{Namespace}", $"{Service}.{Namespace}.svc.cluster.local"];
}
