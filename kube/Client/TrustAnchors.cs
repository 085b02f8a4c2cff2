using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace BackupRunner.Kube;

/// <summary>
/// The certificates of a <c>ca.crt</c>, each an end of the chain that the server's certificate must lead to, as for Go and kubectl: also one that another authority has signed, which
/// .NET on Linux takes for no root.
/// </summary>
sealed class TrustAnchors(X509Certificate2Collection authorities)
{
    // RFC 5280, section 4.2.1.12: id-kp-serverAuth.
    const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    readonly HashSet<string> fingerprints = [.. authorities.Select(Fingerprint)];

    /// <summary>All of them have signed themselves.</summary>
    public bool AreRoots => authorities.All(authority => authority.SubjectName.RawData.AsSpan().SequenceEqual(authority.IssuerName.RawData));

    /// <summary>Without revocation, and nothing is looked for elsewhere.</summary>
    public X509ChainPolicy Policy()
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(authorities);
        return policy;
    }

    /// <summary>A <see cref="RemoteCertificateValidationCallback"/>.</summary>
    /// <exception cref="AuthenticationException">The certificate leads to none of them, or not well, and why.</exception>
    public bool Accept(object sender, X509Certificate? certificate, X509Chain? sent, SslPolicyErrors errors)
    {
        if ((errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != SslPolicyErrors.None || certificate is null)
            return false;
        using var server = new X509Certificate2(certificate);
        // What the server sends may hold another issuer of the same name (renewed, or signed by another root), which would lead past ours.
        return Leads(server, []) is null || Leads(server, sent?.ChainPolicy.ExtraStore ?? []) is not { } why ? true
            : throw new AuthenticationException($"the server's certificate is of none of the given authorities: {why}");
    }

    /// <returns>Null: to one of them, by certificates that are good, that one too. What may stand above it is nothing to us.</returns>
    string? Leads(X509Certificate2 server, X509Certificate2Collection others)
    {
        using var chain = new X509Chain { ChainPolicy = Policy() };
        chain.ChainPolicy.ExtraStore.AddRange(authorities);
        chain.ChainPolicy.ExtraStore.AddRange(others);
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
        chain.Build(server);
        foreach (var element in chain.ChainElements)
        {
            var isEnd = fingerprints.Contains(Fingerprint(element.Certificate));
            var wrong = element.ChainElementStatus.Where(status => !(isEnd && status.Status == X509ChainStatusFlags.PartialChain)).Select(status => status.Status).ToList();
            if (wrong.Count > 0)
                return $"{element.Certificate.Subject}: {string.Join(", ", wrong)}";
            if (isEnd)
                // Of the last one the chain does not say it.
                return IsCurrent(element.Certificate, chain.ChainPolicy.VerificationTime) ? null : $"{element.Certificate.Subject}: {X509ChainStatusFlags.NotTimeValid}";
        }
        return X509ChainStatusFlags.PartialChain.ToString();
    }

    static bool IsCurrent(X509Certificate2 certificate, DateTime now) => certificate.NotBefore <= now && now <= certificate.NotAfter;

    static string Fingerprint(X509Certificate2 certificate) => certificate.GetCertHashString(HashAlgorithmName.SHA256);
}
