using Microsoft.AspNetCore.Http;

namespace BackupRunner.Tests.Kube.Fake;

/// <summary>What a request asks for, as the server's RequestInfo takes it apart. A path that is no resource has an empty <see cref="Plural"/>.</summary>
/// <param name="Namespace">Empty for the cluster.</param>
/// <param name="Name">Empty for a collection.</param>
public sealed record FakeRequest(
    FakeUser User, string Method, string Path, IQueryCollection Query, string Verb, string Group, string Version, string Namespace, string Plural, string Name, string Subresource)
{
    /// <summary>To be shown to the user, once each.</summary>
    public List<string> Warnings { get; } = [];

    public bool IsResource => Plural.Length > 0;

    public bool DryRun => Query.ContainsKey("dryRun");

    /// <summary>Warn, Strict or Ignore.</summary>
    public string FieldValidation => Query["fieldValidation"].ToString() is { Length: > 0 } given ? given : "Warn";

    /// <summary>Who writes fields: the query's manager, or the first word of the User-Agent.</summary>
    public required string FieldManager { get; init; }

    public string Qualified => Group.Length == 0 ? Plural : $"{Plural}.{Group}";

    public string ResourceAndSubresource => Subresource.Length == 0 ? Plural : $"{Plural}/{Subresource}";

    public bool Is(string query) => Query[query].ToString() is "true" or "1";

    public static FakeRequest Of(HttpRequest http, FakeUser user)
    {
        var parts = http.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var (group, version, at) = parts switch
        {
            ["api", var core, _, ..] => ("", core, 2),
            ["apis", var named, var of, _, ..] => (named, of, 3),
            _ => ("", "", parts.Length),
        };
        var left = parts[at..];
        var @namespace = "";
        if (left is ["namespaces", var inside, _, ..] && left[2] is not "status" and not "finalize")
            (@namespace, left) = (inside, left[2..]);
        var (plural, name, subresource) = (left.ElementAtOrDefault(0) ?? "", left.ElementAtOrDefault(1) ?? "", left.ElementAtOrDefault(2) ?? "");
        if (plural == "namespaces")
            @namespace = name;
        var agent = http.Headers.UserAgent.ToString().Split('/')[0];
        var manager = http.Query["fieldManager"].ToString();
        var verb = VerbOf(http, name, plural.Length > 0);
        // A list of one name is authorized as if it were that one.
        if (name.Length == 0 && verb is "list" or "watch" && http.Query["fieldSelector"].ToString().Split(',').FirstOrDefault(term => term.StartsWith("metadata.name=", StringComparison.Ordinal)) is { } one)
            name = one["metadata.name=".Length..].TrimStart('=');
        return new FakeRequest(user, http.Method, http.Path.Value, http.Query, verb, group, version, @namespace, plural, name, subresource)
        {
            FieldManager = manager.Length > 0 ? manager : agent.Length > 0 ? agent : "unknown",
        };
    }

    static string VerbOf(HttpRequest http, string name, bool isResource) => http.Method switch
    {
        _ when !isResource => http.Method.ToLowerInvariant(),
        "GET" or "HEAD" when http.Query["watch"].ToString() is "true" or "1" => "watch",
        "GET" or "HEAD" => name.Length > 0 ? "get" : "list",
        "POST" => "create",
        "PUT" => "update",
        "PATCH" => "patch",
        "DELETE" => name.Length > 0 ? "delete" : "deletecollection",
        _ => http.Method.ToLowerInvariant(),
    };
}

/// <summary>A request and what came of it, as tests assert on it.</summary>
/// <param name="Status">The HTTP status; 101 for an exec; 0 for a connection that was cut.</param>
public sealed record FakeLogEntry(string User, string Verb, string Group, string Resource, string Namespace, string Name, string Method, string Path, int Status);
