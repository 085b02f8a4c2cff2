using System.Security.Cryptography.X509Certificates;

namespace BackupRunner.Kube;

/// <summary>Where the API server is and who we are there.</summary>
public sealed record KubeConfig
{
    public const string ServiceAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

    public required Uri Server { get; init; }

    /// <summary>Where objects are looked for when nothing else is said.</summary>
    public string Namespace { get; init; } = "default";

    /// <summary>The only authorities that the server's certificate may come from, roots or not. Null: the system's.</summary>
    public X509Certificate2Collection? Authorities { get; init; }

    /// <summary>The name to find in the server's certificate, if not the one in <see cref="Server"/>.</summary>
    public string? ServerName { get; init; }

    public bool SkipTlsVerification { get; init; }

    /// <summary>With its private key.</summary>
    public X509Certificate2? ClientCertificate { get; init; }

    public BearerToken? Token { get; init; }

    /// <summary>Go through the proxy of HTTPS_PROXY, unless NO_PROXY exempts the server.</summary>
    public bool UseProxy { get; init; }

    /// <summary>Calls a second, once <see cref="CallsAtOnce"/> are spent.</summary>
    public double CallsPerSecond { get; init; } = 20;

    public int CallsAtOnce { get; init; } = 40;

    /// <summary>What kubelet gives every pod. Null: this is no pod.</summary>
    /// <exception cref="KubeConfigException">It is one, but its service account cannot be used.</exception>
    public static KubeConfig? InCluster(IReadOnlyDictionary<string, string> environment, string serviceAccountFolder = ServiceAccountFolder)
    {
        if (environment.GetValueOrDefault("KUBERNETES_SERVICE_HOST") is not { Length: > 0 } host
            || environment.GetValueOrDefault("KUBERNETES_SERVICE_PORT") is not { Length: > 0 } port
            || !Directory.Exists(serviceAccountFolder))
            return null;
        var name = host.Contains(':') ? $"[{host.Trim('[', ']')}]" : host;
        if (!Uri.TryCreate($"https://{name}:{port}", UriKind.Absolute, out var server))
            throw new KubeConfigException($"KUBERNETES_SERVICE_HOST \"{host}\" and KUBERNETES_SERVICE_PORT \"{port}\" are no address");
        return new()
        {
            Server = server,
            Namespace = NamespaceIn(Path.Combine(serviceAccountFolder, "namespace")),
            Authorities = AuthoritiesIn(Path.Combine(serviceAccountFolder, "ca.crt")),
            Token = TokenIn(Path.Combine(serviceAccountFolder, "token")),
        };
    }

    /// <param name="path">A kubeconfig file.</param>
    /// <param name="context">Null: its current-context.</param>
    /// <exception cref="KubeConfigException">It cannot be read, or asks for what is not supported (exec and auth-provider plugins).</exception>
    public static KubeConfig FromFile(string path, string? context) => KubeconfigFile.Read(path, context);

    static string NamespaceIn(string path) => Text(path).Trim() is { Length: > 0 } name ? name : throw new KubeConfigException($"\"{path}\" is empty");

    static BearerToken TokenIn(string path)
    {
        var token = BearerToken.InFile(path);
        token.Read();
        return token;
    }

    static X509Certificate2Collection AuthoritiesIn(string path) => Certificates.Authorities(Text(path), $"\"{path}\"");

    static string Text(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KubeConfigException($"cannot read the service account's \"{path}\": {e.Message}", e);
        }
    }
}
