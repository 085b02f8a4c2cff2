using System.Security.Cryptography.X509Certificates;

namespace BackupRunner.Kube;

/// <summary>The kubeconfig format: clusters, users, and contexts that pair them.</summary>
static class KubeconfigFile
{
    public static KubeConfig Read(string path, string? context)
    {
        var file = KubeconfigEntry.Root(path);
        var name = context ?? file.Text("current-context")
            ?? throw new KubeConfigException($"\"{path}\" has no current-context, and no context was named");
        var chosen = file.Named("contexts", name, "context");
        var clusterName = chosen.Text("cluster") ?? throw new KubeConfigException($"\"{path}\": context \"{name}\" names no cluster");
        var cluster = file.Named("clusters", clusterName, "cluster");
        var user = chosen.Text("user") is { } userName ? file.Named("users", userName, "user") : KubeconfigEntry.Empty(path);
        return From(cluster, user) with { Namespace = chosen.Text("namespace") ?? "default" };
    }

    static KubeConfig From(KubeconfigEntry cluster, KubeconfigEntry user)
    {
        foreach (var plugin in (string[])["exec", "auth-provider"])
            if (user.Has(plugin))
                throw new KubeConfigException($"{user.Where}: \"{plugin}\" runs a plugin, which is not supported; use a service account's token or a client certificate");
        foreach (var login in (string[])["username", "password", "as", "as-groups", "as-uid", "as-user-extra"])
            if (user.Has(login))
                throw new KubeConfigException($"{user.Where}: \"{login}\" is not supported; use a token or a client certificate");
        if (cluster.Has("proxy-url"))
            throw new KubeConfigException($"{cluster.Where}: \"proxy-url\" is not supported; set HTTPS_PROXY");
        var address = cluster.Text("server") ?? throw new KubeConfigException($"{cluster.Where} has no \"server\"");
        if (!Uri.TryCreate(address, UriKind.Absolute, out var server) || server.Scheme is not ("https" or "http"))
            throw new KubeConfigException($"{cluster.Where}: server \"{address}\" is no https address");
        var skip = cluster.Flag("insecure-skip-tls-verify");
        var authority = cluster.Content("certificate-authority");
        if (skip && authority is not null)
            throw new KubeConfigException($"{cluster.Where} has both a certificate-authority and insecure-skip-tls-verify");
        return new()
        {
            Server = server,
            SkipTlsVerification = skip,
            Authorities = authority is null ? null : Certificates.Authorities(authority, $"{cluster.Where}, certificate-authority"),
            ServerName = cluster.Text("tls-server-name"),
            ClientCertificate = ClientCertificate(user),
            Token = Token(user),
            UseProxy = true,
        };
    }

    static X509Certificate2? ClientCertificate(KubeconfigEntry user) =>
        (user.Content("client-certificate"), user.Content("client-key")) switch
        {
            (null, null) => null,
            ({ } certificate, { } key) => Certificates.WithKey(certificate, key, user.Where),
            _ => throw new KubeConfigException($"{user.Where} has one of client-certificate and client-key, and needs both"),
        };

    /// <summary>A tokenFile goes before a token, as with kubectl.</summary>
    static BearerToken? Token(KubeconfigEntry user) =>
        user.Text("tokenFile") is { } file ? BearerToken.InFile(user.Beside(file))
        : user.Text("token") is { } token ? BearerToken.Of(token)
        : null;
}
