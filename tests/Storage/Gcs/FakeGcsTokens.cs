using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace BackupRunner.Tests.Storage.Gcs;

/// <summary>The token endpoint for service accounts (RFC 7523, and what Google demands beyond it), and which tokens are valid.</summary>
public sealed class FakeGcsTokens(TimeProvider time)
{
    // Whatever address the endpoint is reached at (https://developers.google.com/identity/protocols/oauth2/service-account).
    const string Audience = "https://oauth2.googleapis.com/token";

    const string Grant = "urn:ietf:params:oauth:grant-type:jwt-bearer";

    static readonly HashSet<string> Enough =
    [
        "https://www.googleapis.com/auth/devstorage.read_write", "https://www.googleapis.com/auth/devstorage.full_control", "https://www.googleapis.com/auth/cloud-platform",
    ];

    static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    static readonly TimeSpan Skew = TimeSpan.FromMinutes(5);

    readonly ConcurrentDictionary<string, DateTimeOffset> valid = new();
    readonly ConcurrentDictionary<string, FakeGcsAccount> accounts = new();

    /// <summary>How many were given.</summary>
    public int Given { get; private set; }

    /// <summary>What is said of every request instead of an answer; null is the rule.</summary>
    public (int Status, string Body)? Answer { get; set; }

    public void Know(FakeGcsAccount account) => accounts[account.Email] = account;

    public void Forget(FakeGcsAccount account) => accounts.TryRemove(account.Email, out _);

    /// <summary>As when an account is disabled: tokens end before their time.</summary>
    public void RevokeAll() => valid.Clear();

    public void Check(HttpContext http)
    {
        var header = http.Request.Headers.Authorization.ToString();
        if (header.Length == 0)
            throw new FakeGcsException(401, "required", "Anonymous caller does not have access to the Google Cloud Storage bucket.");
        if (!header.StartsWith("Bearer ", StringComparison.Ordinal) || !valid.TryGetValue(header["Bearer ".Length..], out var until) || until <= time.GetUtcNow())
            throw new FakeGcsException(401, "authError", "Invalid Credentials");
    }

    public async Task Serve(HttpContext http)
    {
        if (Answer is { } answer)
        {
            http.Response.StatusCode = answer.Status;
            await http.Response.WriteAsync(answer.Body);
            return;
        }
        var form = await http.Request.ReadFormAsync();
        if (http.Request.Method != "POST" || form["grant_type"] != Grant)
            throw new FakeGcsViolationException($"{http.Request.Method} to the token endpoint with grant_type {form["grant_type"]}");
        http.Response.ContentType = "application/json";
        if (Refusal(form["assertion"].ToString()) is var (error, description))
        {
            http.Response.StatusCode = 400;
            await http.Response.WriteAsync(new JsonObject { ["error"] = error, ["error_description"] = description }.ToJsonString());
            return;
        }
        await http.Response.WriteAsync(Issue().ToJsonString());
    }

    public JsonObject Issue()
    {
        var token = "ya29." + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));
        valid[token] = time.GetUtcNow() + Lifetime;
        Given++;
        return new JsonObject { ["access_token"] = token, ["expires_in"] = (int)Lifetime.TotalSeconds, ["token_type"] = "Bearer" };
    }

    (string Error, string Description)? Refusal(string assertion)
    {
        if (assertion.Split('.') is not [var header, var claims, var signature])
            return ("invalid_request", "Bad Request");
        var head = Decoded(header);
        var claim = Decoded(claims);
        if ((string?)head["alg"] != "RS256")
            return ("invalid_grant", "Invalid JWT: unsupported algorithm.");
        if (!accounts.TryGetValue((string?)claim["iss"] ?? "", out var account))
            return ("invalid_grant", "Invalid grant: account not found");
        if ((string?)head["kid"] != account.KeyId || !account.Verify(Encoding.ASCII.GetBytes($"{header}.{claims}"), Base64Url.DecodeFromChars(signature)))
            return ("invalid_grant", "Invalid JWT Signature.");
        if ((string?)claim["aud"] != Audience)
            return ("invalid_grant", "Invalid JWT: Failed audience check.");
        var (now, begins, ends) = (time.GetUtcNow(), Time(claim["iat"]), Time(claim["exp"]));
        if (begins > now + Skew || begins < now - Skew - Lifetime || ends <= now - Skew || ends - begins > Lifetime)
            return ("invalid_grant", "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.");
        return ((string?)claim["scope"] ?? "").Split(' ').Any(Enough.Contains) ? null : ("invalid_scope", "Invalid OAuth scope or ID token audience provided.");
    }

    static JsonNode Decoded(string part) => JsonNode.Parse(Base64Url.DecodeFromChars(part)) ?? throw new JsonException();

    static DateTimeOffset Time(JsonNode? seconds) => DateTimeOffset.FromUnixTimeSeconds((long?)seconds ?? 0);
}
