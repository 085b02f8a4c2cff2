using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace BackupRunner.Tests.Support;

/// <summary>A certificate authority that no system trusts.</summary>
public sealed class TestAuthority : IDisposable
{
    readonly DateTimeOffset from = DateTimeOffset.UtcNow.AddDays(-1);
    readonly DateTimeOffset until = DateTimeOffset.UtcNow.AddDays(1);
    readonly X509Certificate2 authority;

    /// <param name="above">Has signed it; without one it has signed itself.</param>
    public TestAuthority(TestAuthority? above = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var root = new CertificateRequest(above is null ? "CN=test authority" : "CN=test authority between", key, HashAlgorithmName.SHA256);
        root.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        if (above is null)
        {
            authority = root.CreateSelfSigned(from, until);
            return;
        }
        using var signed = root.Create(above.authority, from, until, RandomNumberGenerator.GetBytes(8));
        authority = signed.CopyWithPrivateKey(key);
    }

    public X509Certificate2 Certificate => authority;

    /// <summary>What <c>ca.crt</c> of a Secret holds.</summary>
    public string Pem => authority.ExportCertificatePem();

    /// <param name="name">The DNS name that the certificate is for.</param>
    /// <param name="addresses">And these addresses.</param>
    public X509Certificate2 Issue(string name, params ReadOnlySpan<System.Net.IPAddress> addresses)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=server", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        foreach (var address in addresses)
            names.AddIpAddress(address);
        request.CertificateExtensions.Add(names.Build());
        using var signed = request.Create(authority, from, until, RandomNumberGenerator.GetBytes(8));
        using var whole = signed.CopyWithPrivateKey(key);
        // Kestrel on Linux takes a key that was imported.
        return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pkcs12), null);
    }

    /// <summary>For a client: a user of Kubernetes, and his group.</summary>
    public X509Certificate2 IssueClient(string user, string group)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var signed = new CertificateRequest($"O={group}, CN={user}", key, HashAlgorithmName.SHA256).Create(authority, from, until, RandomNumberGenerator.GetBytes(8));
        using var whole = signed.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pkcs12), null);
    }

    public void Dispose() => authority.Dispose();
}
