using System.Security.Cryptography.X509Certificates;

namespace BackupRunner.Webhook.Tls;

/// <summary>What the Secret holds. A part that is missing or cannot be used is null, or not in the list.</summary>
/// <param name="Trusted">Authorities of which clients are told: <paramref name="Authority"/> and those before it.</param>
/// <param name="Authority">The one that signs from now on, with its key.</param>
/// <param name="Serving">With its key.</param>
public sealed record TlsState(IReadOnlyList<X509Certificate2> Trusted, X509Certificate2? Authority, X509Certificate2? Serving)
{
    public static TlsState Empty { get; } = new([], null, null);

    /// <summary>The trusted authorities as PEM: what a <c>caBundle</c> holds, before base64.</summary>
    public string Bundle => string.Concat(Trusted.Select(certificate => certificate.ExportCertificatePem() + "\n"));

    /// <summary>The trusted authority that has signed <see cref="Serving"/>; null: none, so that no client takes it.</summary>
    public X509Certificate2? Issuer => Serving is null ? null : Trusted.FirstOrDefault(authority => Signed(authority, Serving));

    static bool Signed(X509Certificate2 authority, X509Certificate2 certificate)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        // Times are TlsRenewal's business.
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid;
        return chain.Build(certificate);
    }
}
