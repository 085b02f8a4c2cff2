using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;

namespace BackupRunner.Webhook.Tls;

/// <summary>
/// A certificate that somebody else renews, cert-manager for one: read again when the files have changed. They are compared by content: kubelet exchanges the folder that
/// they are in by a symbolic link, and a change of it between the two readings leaves a certificate and a key that do not belong together, until the next look.
/// </summary>
/// <param name="certificate">Path of a PEM file: the certificate, then the authorities above it.</param>
/// <param name="key">Path of its key in PEM, not encrypted.</param>
public sealed class CertificateFiles(string certificate, string key, TimeProvider time, ILogger log) : ICertificateSource
{
    static readonly TimeSpan Look = TimeSpan.FromSeconds(10);

    string served = "";
    string said = "";

    public async Task Run(ServingCertificate serving, CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            if (Load(serving) is { } problem && problem != said)
                log.BadFiles(certificate, said = problem);
            await Task.Delay(Look, time, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Null: what the files hold is served, or was already.</summary>
    string? Load(ServingCertificate serving)
    {
        try
        {
            var (chain, secret) = (File.ReadAllText(certificate), File.ReadAllText(key));
            var content = Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(chain + "\0" + secret)));
            if (content == served)
                return null;
            var leaf = X509Certificate2.CreateFromPem(chain, secret);
            var until = Validity.End(leaf);
            if (until <= time.GetUtcNow())
                return $"it expired at {until:yyyy-MM-ddTHH:mm:ssZ}";
            var above = new X509Certificate2Collection();
            above.ImportFromPem(chain);
            above.RemoveAt(0);
            serving.Serve(leaf, above);
            (served, said) = (content, "");
            log.Serving(until);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            // Their messages say what is wrong and quote nothing of the key.
            return $"\"{certificate}\" and \"{key}\" are not a certificate and its key in PEM: {e.Message}";
        }
    }
}
