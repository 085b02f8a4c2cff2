using System.Security.Cryptography.X509Certificates;

namespace BackupRunner.Webhook.Tls;

/// <summary>What is to be changed in the Secret, if anything.</summary>
public enum TlsChange
{
    None,

    /// <summary>Another authority is to be trusted, and to sign from now on.</summary>
    AddAuthority,

    /// <summary>Another serving certificate, by the authority that there is.</summary>
    IssueServing,

    /// <summary>Authorities that have expired are trusted no longer.</summary>
    DropExpired,
}

/// <summary>When certificates are renewed: no call of the API server fails in between, as long as there was a valid one before.</summary>
public static class TlsRenewal
{
    /// <summary>How long an authority has been trusted, at least, before a certificate of it is served: every API server has read the bundle by then.</summary>
    public static readonly TimeSpan TrustedFirst = TimeSpan.FromHours(1);

    /// <summary>The first thing to do. Nothing is done twice by asking again after it was done.</summary>
    /// <param name="isTrusted">Both webhook configurations held the whole bundle of <paramref name="state"/> when they were looked at.</param>
    public static TlsChange Next(TlsState state, WebhookPlace place, bool isTrusted, DateTimeOffset now)
    {
        if (state.Authority is not { } authority || Validity.Renewal(authority) <= now)
            return TlsChange.AddAuthority;
        if (!IsServable(state, place, now))
            return TlsChange.IssueServing;
        if (state.Issuer!.Thumbprint == authority.Thumbprint)
        {
            if (Validity.Renewal(state.Serving!) <= now)
                return TlsChange.IssueServing;
        }
        else if (isTrusted && Validity.Begin(authority) + Issuing.Skew + TrustedFirst <= now)
            return TlsChange.IssueServing;
        return state.Trusted.Any(trusted => Validity.HasExpired(trusted, now)) ? TlsChange.DropExpired : TlsChange.None;
    }

    /// <summary>The state after <paramref name="change"/>, with new keys.</summary>
    public static TlsState Changed(TlsState state, TlsChange change, WebhookPlace place, DateTimeOffset now) => change switch
    {
        TlsChange.AddAuthority => Added(state, Issuing.Authority(place, now), place, now),
        TlsChange.IssueServing => state with { Serving = Issuing.Serving(state.Authority!, place, now) },
        TlsChange.DropExpired => state with { Trusted = Unexpired(state, now) },
        _ => state,
    };

    /// <summary>There is a certificate that a client which trusts the bundle takes.</summary>
    static bool IsServable(TlsState state, WebhookPlace place, DateTimeOffset now) =>
        state is { Serving: { } serving, Issuer: { } issuer } && !Validity.HasExpired(serving, now) && !Validity.HasExpired(issuer, now)
        && place.HostNames.All(name => serving.MatchesHostname(name, allowWildcards: false, allowCommonName: false));

    // What is served stays, if it can be: its authority is still trusted, and the new one is not everywhere yet.
    static TlsState Added(TlsState state, X509Certificate2 authority, WebhookPlace place, DateTimeOffset now)
    {
        var next = state with { Authority = authority, Trusted = [authority, .. Unexpired(state, now)] };
        return IsServable(next, place, now) ? next : next with { Serving = Issuing.Serving(authority, place, now) };
    }

    static List<X509Certificate2> Unexpired(TlsState state, DateTimeOffset now) => [.. state.Trusted.Where(trusted => !Validity.HasExpired(trusted, now))];
}
