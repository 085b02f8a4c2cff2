using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace BackupRunner.Webhook.Tls;

/// <summary>Certificates as RFC 5280 wants them, each with a new ECDSA P-256 key.</summary>
static class Issuing
{
    public static readonly TimeSpan AuthorityLife = TimeSpan.FromDays(3650);

    public static readonly TimeSpan ServingLife = TimeSpan.FromDays(90);

    // A server whose clock is behind must not refuse what was issued just now.
    public static readonly TimeSpan Skew = TimeSpan.FromHours(1);

    const int SerialBytes = 16;

    /// <summary>An authority of its own, with its key.</summary>
    public static X509Certificate2 Authority(WebhookPlace place, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        // Two of them are trusted for a while; with different names no verifier takes one for the other.
        var request = new CertificateRequest($"CN={place.Service} CA {Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        return request.CreateSelfSigned(now - Skew, now + AuthorityLife);
    }

    /// <summary>For a server with the names of <paramref name="place"/>, with its key. It does not outlive its authority.</summary>
    public static X509Certificate2 Serving(X509Certificate2 authority, WebhookPlace place, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={place.HostNames[0]}", key, HashAlgorithmName.SHA256);
        // A common name has 64 characters at most; the names that count are the alternative ones.
        if (place.HostNames[0].Length > 64)
            request = new CertificateRequest($"CN={place.Service}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        foreach (var name in place.HostNames)
            names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        var (from, until) = (now - Skew, now + ServingLife);
        var (first, last) = (Validity.Begin(authority), Validity.End(authority));
        using var signed = request.Create(authority, from < first ? first : from, until > last ? last : until, RandomNumberGenerator.GetBytes(SerialBytes));
        return signed.CopyWithPrivateKey(key);
    }
}
