using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace BackupRunner.Kube;

/// <summary>PEM into certificates, with errors that name the place and never the content.</summary>
static class Certificates
{
    public static X509Certificate2Collection Authorities(string pem, string place)
    {
        var found = new X509Certificate2Collection();
        try
        {
            found.ImportFromPem(pem);
        }
        catch (CryptographicException e)
        {
            throw new KubeConfigException($"{place} holds no certificates in PEM: {e.Message}", e);
        }
        return found.Count > 0 ? found : throw new KubeConfigException($"{place} holds no certificates in PEM");
    }

    public static X509Certificate2 WithKey(string certificate, string key, string place)
    {
        try
        {
            return X509Certificate2.CreateFromPem(certificate, key);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new KubeConfigException($"{place}: the client certificate and its key cannot be used: {e.Message}", e);
        }
    }
}
