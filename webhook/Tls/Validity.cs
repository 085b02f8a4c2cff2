using System.Security.Cryptography.X509Certificates;

namespace BackupRunner.Webhook.Tls;

/// <summary>From when to when a certificate holds.</summary>
static class Validity
{
    public static DateTimeOffset Begin(X509Certificate2 certificate) => new(certificate.NotBefore.ToUniversalTime());

    public static DateTimeOffset End(X509Certificate2 certificate) => new(certificate.NotAfter.ToUniversalTime());

    /// <summary>One that begins later has not expired: that is for who verifies to say, by his own clock.</summary>
    public static bool HasExpired(X509Certificate2 certificate, DateTimeOffset now) => End(certificate) <= now;

    /// <summary>When it is to be replaced: two thirds of its life have passed.</summary>
    public static DateTimeOffset Renewal(X509Certificate2 certificate) => Begin(certificate) + (End(certificate) - Begin(certificate)) * 2 / 3;
}
