using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace BackupRunner.Tests.Kube.Fake;

/// <summary>Lists, in pages.</summary>
public sealed class FakeReads(FakeCluster cluster)
{
    const string TooOld = "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this "
        + "response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the "
        + "time the first chunk was returned and now may show up in the list.";

    public async Task List(HttpContext http, FakeRequest request, FakeKind kind, CancellationToken cancel)
    {
        var matches = Selection(request, kind);
        var (version, after) = Continued(request.Query["continue"].ToString());
        var limit = int.TryParse(request.Query["limit"], out var given) && given > 0 ? given : int.MaxValue;
        if (cluster.Storage.List(kind, request.Namespace, version == -1 ? null : version) is not { } listed)
        {
            var token = Token(-1, after);
            throw new FakeStatusException(410, "Expired", TooOld) { ListMetadata = new JsonObject { ["continue"] = token } };
        }
        var all = listed.Items.Where(item => after is null || string.CompareOrdinal(Position(kind, request, item), after) >= 0).Where(item => matches(item.Item)).ToList();
        var metadata = new JsonObject { ["resourceVersion"] = listed.Version.ToString(System.Globalization.CultureInfo.InvariantCulture) };
        if (all.Count > limit)
        {
            metadata["continue"] = Token(listed.Version, Position(kind, request, all[limit - 1]) + "\0");
            if (request.Query["labelSelector"].Count == 0 && request.Query["fieldSelector"].Count == 0)
                metadata["remainingItemCount"] = all.Count - limit;
        }
        http.Response.ContentType = "application/json";
        if (FakeTable.IsAsked(http.Request.Headers.Accept, kind))
        {
            await http.Response.WriteAsync(FakeTable.Of(kind, all.Take(limit).Select(item => item.Item), metadata, cluster.Time.GetUtcNow()).ToJsonString(), Encoding.UTF8, cancel);
            return;
        }
        await using var writer = new Utf8JsonWriter(http.Response.BodyWriter.AsStream());
        writer.WriteStartObject();
        writer.WriteString("kind", kind.Kind + "List");
        writer.WriteString("apiVersion", kind.ApiVersion);
        writer.WritePropertyName("metadata");
        metadata.WriteTo(writer);
        writer.WriteStartArray("items");
        foreach (var item in all.Take(limit))
        {
            // The items of a typed list do not say what they are.
            if (kind.Custom)
                writer.WriteRawValue(item.Bytes.Span, skipInputValidation: true);
            else
                WithoutKind(item.Item, writer);
        }
        writer.WriteEndArray();
        writer.WriteEndObject();
        await writer.FlushAsync(cancel);
    }

    public static Func<JsonNode, bool> Selection(FakeRequest request, FakeKind kind)
    {
        var (labels, fields) = (FakeSelector.Labels(request.Query["labelSelector"].ToString()), FakeSelector.Fields(request.Query["fieldSelector"].ToString(), kind));
        return item => labels(item) && fields(item);
    }

    static string Position(FakeKind kind, FakeRequest request, FakeStored item) =>
        kind.Namespaced && request.Namespace.Length == 0 ? $"{item.Metadata["namespace"]}/{item.Metadata["name"]}" : (string)item.Metadata["name"]!;

    // As the real one: the version and the first key that is left, in base64.
    static string Token(long version, string? start) => Convert.ToBase64String(Encoding.UTF8.GetBytes(
        new JsonObject { ["v"] = "meta.k8s.io/v1", ["rv"] = version, ["start"] = start is null ? "" : "/" + start }.ToJsonString())).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    // Version null: a list from the beginning. -1: from where it stopped, as it is now.
    static (long? Version, string? After) Continued(string token)
    {
        if (token.Length == 0)
            return (null, null);
        var letters = token.TakeWhile(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_').Count();
        if (letters < token.Length || token.Length % 4 == 1)
            throw FakeStatusException.BadRequest($"invalid continue token: continue key is not valid: illegal base64 data at input byte {Math.Min(letters, token.Length / 4 * 4)}");
        try
        {
            var read = JsonNode.Parse(Convert.FromBase64String(token.Replace('-', '+').Replace('_', '/') + new string('=', (4 - token.Length % 4) % 4)))!;
            return ((long)read["rv"]!, ((string)read["start"]!).TrimStart('/'));
        }
        catch (Exception problem) when (problem is JsonException or InvalidOperationException or NullReferenceException or FormatException)
        {
            throw FakeStatusException.BadRequest($"invalid continue token: continue key is not valid: {problem.Message}");
        }
    }

    static void WithoutKind(JsonObject item, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        foreach (var (name, value) in item.Where(field => field.Key is not "kind" and not "apiVersion"))
        {
            writer.WritePropertyName(name);
            if (value is null)
                writer.WriteNullValue();
            else
                value.WriteTo(writer);
        }
        writer.WriteEndObject();
    }
}
