using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using BackupRunner.Kube;

namespace BackupRunner.Webhook.Tls;

/// <summary>
/// The Secret of type <c>kubernetes.io/tls</c>: <c>tls.crt</c> and <c>tls.key</c> are served, <c>ca.crt</c> is the bundle, the signing authority first, and
/// <c>ca.key</c> that authority's key. All PEM.
/// </summary>
static class TlsSecret
{
    /// <summary>More trusted authorities than ever overlap: further ones are not ours, and bound what is read.</summary>
    const int MostTrusted = 8;

    public static KubeResource<KubeObject> Resource { get; } = KubeResources.Any("", "v1", "secrets") with { Kind = "Secret" };

    /// <summary>Of any content, also damaged: what cannot be used is left out, and told in <paramref name="problems"/>, which never quote it.</summary>
    public static TlsState Read(KubeObject secret, out IReadOnlyList<string> problems)
    {
        var found = new List<string>();
        var data = secret.Unknown?.GetValueOrDefault("data") is { ValueKind: JsonValueKind.Object } map ? map : default;
        var trusted = Certificates(Text(data, "ca.crt", found), found);
        var authority = WithKey(trusted.FirstOrDefault(), Text(data, "ca.key", found), "ca", found);
        var chain = Text(data, "tls.crt", found);
        var serving = WithKey(chain is null ? null : Leaf(chain, found), Text(data, "tls.key", found), "tls", found);
        problems = found;
        return new TlsState([.. trusted], authority, serving);
    }

    /// <param name="present">Whose metadata is kept; null: there is none yet.</param>
    public static KubeObject Write(TlsState state, WebhookPlace place, KubeObject? present)
    {
        var data = new JsonObject
        {
            ["ca.crt"] = Base64(state.Bundle),
            ["ca.key"] = Base64(KeyPem(state.Authority!)),
            ["tls.crt"] = Base64(state.Serving!.ExportCertificatePem() + "\n"),
            ["tls.key"] = Base64(KeyPem(state.Serving!)),
        };
        var metadata = present?.Metadata ?? new KubeMetadata
        {
            Name = place.SecretName,
            Namespace = place.Namespace,
            Labels = new() { ["app.kubernetes.io/name"] = place.Service },
        };
        // The type of a Secret cannot be changed; another one's is kept.
        var type = present?.Unknown?.GetValueOrDefault("type") is { ValueKind: JsonValueKind.String } given ? given : JsonSerializer.SerializeToElement("kubernetes.io/tls");
        return new KubeObject
        {
            ApiVersion = "v1",
            Kind = "Secret",
            Metadata = metadata,
            Unknown = new() { ["type"] = type, ["data"] = JsonSerializer.SerializeToElement(data) },
        };
    }

    static string Base64(string text) => Convert.ToBase64String(Encoding.ASCII.GetBytes(text));

    static string KeyPem(X509Certificate2 certificate)
    {
        using var key = certificate.GetECDsaPrivateKey() ?? throw new InvalidOperationException("the certificate has no ECDSA key");
        return key.ExportPkcs8PrivateKeyPem() + "\n";
    }

    static string? Text(JsonElement data, string field, List<string> problems)
    {
        if (data.ValueKind == JsonValueKind.Object && data.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.String && value.TryGetBytesFromBase64(out var bytes) && bytes.Length > 0)
            return Encoding.UTF8.GetString(bytes);
        problems.Add($"\"{field}\" is missing or empty");
        return null;
    }

    static X509Certificate2Collection Certificates(string? pem, List<string> problems)
    {
        var certificates = new X509Certificate2Collection();
        if (pem is null)
            return certificates;
        try
        {
            certificates.ImportFromPem(pem);
        }
        catch (CryptographicException)
        {
            certificates.Clear();
        }
        if (certificates.Count == 0)
            problems.Add("\"ca.crt\" holds no certificates in PEM");
        while (certificates.Count > MostTrusted)
            certificates.RemoveAt(certificates.Count - 1);
        return certificates;
    }

    static X509Certificate2? Leaf(string pem, List<string> problems)
    {
        try
        {
            return X509Certificate2.CreateFromPem(pem);
        }
        catch (CryptographicException)
        {
            problems.Add("\"tls.crt\" holds no certificate in PEM");
            return null;
        }
    }

    static X509Certificate2? WithKey(X509Certificate2? certificate, string? key, string name, List<string> problems)
    {
        if (certificate is null || key is null)
            return null;
        try
        {
            return X509Certificate2.CreateFromPem(certificate.ExportCertificatePem(), key);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            problems.Add($"\"{name}.key\" is not the key of \"{name}.crt\"");
            return null;
        }
    }
}
