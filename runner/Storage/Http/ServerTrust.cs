using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using BackupRunner.Reports;

namespace BackupRunner.Storage.Http;

/// <summary>Which servers are trusted: those that the system trusts, and those of the authorities in <c>ca.crt</c>. Why one is not is told by an exception.</summary>
sealed class ServerTrust(CredentialsFolder? credentials)
{
    // RFC 5280, section 4.2.1.12: id-kp-serverAuth.
    const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    /// <summary>A <see cref="RemoteCertificateValidationCallback"/>.</summary>
    /// <exception cref="RunnerException">Exit 4: the certificate is not to be trusted, and why.</exception>
    public bool Accept(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (errors == SslPolicyErrors.None)
            return true;
        if (certificate is null || chain is null || errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable))
            throw Refused("the server showed no certificate", "is the endpoint's port one that speaks TLS");
        using var server = new X509Certificate2(certificate);
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
        {
            throw Refused(
                $"its certificate is for {string.Join(", ", NamesOf(server))}, not for the host of the endpoint",
                "use one of these names as the endpoint, or give the server a certificate with the endpoint's name");
        }
        if (credentials?.Read(CredentialsFolder.CertificateAuthority) is { } authorities)
        {
            using var own = new X509Chain();
            own.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            own.ChainPolicy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
            own.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            own.ChainPolicy.CustomTrustStore.AddRange(Parse(authorities));
            own.ChainPolicy.ExtraStore.AddRange(chain.ChainElements.Select(element => element.Certificate).ToArray());
            if (own.Build(server))
                return true;
            throw Refused($"its certificate is not trusted: {Status(own)}", $"\"{CredentialsFolder.CertificateAuthority}\" in the credentials must hold the authority that signed it");
        }
        throw Refused(
            $"its certificate is not trusted: {Status(chain)}",
            $"put the certificate of the authority that signed it into the credentials as \"{CredentialsFolder.CertificateAuthority}\"");
    }

    static X509Certificate2Collection Parse(Secret pem)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(pem.Reveal());
        }
        catch (CryptographicException damaged)
        {
            throw new RunnerException(ExitCode.Usage, $"\"{CredentialsFolder.CertificateAuthority}\" of the credentials cannot be read: {damaged.Message.TrimEnd('.')}", "it holds certificates in PEM", damaged);
        }
        return certificates.Count > 0
            ? certificates
            : throw new RunnerException(ExitCode.Usage, $"\"{CredentialsFolder.CertificateAuthority}\" of the credentials holds no certificate", "it holds certificates in PEM");
    }

    static List<string> NamesOf(X509Certificate2 certificate)
    {
        var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>()
            .SelectMany(extension => extension.EnumerateDnsNames().Concat(extension.EnumerateIPAddresses().Select(address => address.ToString())))
            .Select(name => $"\"{name}\"")
            .ToList();
        return names.Count > 0 ? names : [$"\"{certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false)}\""];
    }

    static string Status(X509Chain chain) => chain.ChainStatus is { Length: > 0 } all
        ? string.Join(", ", all.Select(status => status.StatusInformation.Trim().TrimEnd('.').ToLowerInvariant()).Distinct())
        : "its chain cannot be built";

    static RunnerException Refused(string what, string hint) => new(ExitCode.Storage, what, hint);
}
