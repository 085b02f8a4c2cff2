using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http;

namespace BackupRunner.Tests.Kube.Fake;

public sealed record FakeUser(string Name, IReadOnlyList<string> Groups)
{
    /// <summary>What the server tells webhooks about the credential; null: nothing.</summary>
    public string? Credential { get; init; }

    public static FakeUser Anonymous { get; } = new("system:anonymous", ["system:unauthenticated"]);

    /// <summary>May do all, as the recordings' admin.</summary>
    public static FakeUser Admin { get; } = new("admin", ["system:masters", "system:authenticated"]);

    public static FakeUser Account(string @namespace, string name) =>
        new($"system:serviceaccount:{@namespace}:{name}", ["system:serviceaccounts", $"system:serviceaccounts:{@namespace}", "system:authenticated"]) { Credential = "JTI=" + Guid.NewGuid() };

    public static FakeUser Controller(string name) => new(name, ["system:masters", "system:authenticated"]);
}

/// <summary>Who may say that he is whom: bearer tokens, which expire and are revoked, and client certificates of the cluster's authority.</summary>
public sealed class FakeUsers(X509Certificate2 authority, TimeProvider time)
{
    readonly ConcurrentDictionary<string, (FakeUser User, DateTimeOffset Expires)> tokens = new();

    public string Issue(FakeUser user, TimeSpan? lifetime = null)
    {
        var token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));
        tokens[token] = (user, lifetime is { } span ? time.GetUtcNow() + span : DateTimeOffset.MaxValue);
        return token;
    }

    public void Revoke(string token) => tokens.TryRemove(token, out _);

    /// <summary>Every token of the user, as when his account is deleted.</summary>
    public void RevokeAll(string user)
    {
        foreach (var token in tokens.Where(token => token.Value.User.Name == user).Select(token => token.Key).ToList())
            tokens.TryRemove(token, out _);
    }

    /// <summary>Who asks. Without credentials it is the anonymous user, with wrong ones it is 401.</summary>
    public FakeUser Of(HttpContext http)
    {
        var header = http.Request.Headers.Authorization.ToString();
        if (header.Length > 0)
        {
            if (!header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) || !tokens.TryGetValue(header[7..].Trim(), out var held) || held.Expires <= time.GetUtcNow())
                throw FakeStatusException.Unauthorized();
            return held.User;
        }
        return http.Connection.ClientCertificate is { } certificate ? Of(certificate) : FakeUser.Anonymous;
    }

    FakeUser Of(X509Certificate2 certificate)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        if (!chain.Build(certificate))
            throw FakeStatusException.Unauthorized();
        var name = certificate.SubjectName.EnumerateRelativeDistinguishedNames().Where(part => !part.HasMultipleElements).ToList();
        var groups = name.Where(part => part.GetSingleElementType().Value == "2.5.4.10").Select(part => part.GetSingleElementValue()!);
        return new FakeUser(certificate.GetNameInfo(X509NameType.SimpleName, false), [.. groups, "system:authenticated"]) { Credential = "X509SHA256=" + Convert.ToHexStringLower(SHA256.HashData(certificate.RawData)) };
    }
}
