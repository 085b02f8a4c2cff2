using System.Text.Json;
using System.Text.Json.Nodes;
using BackupRunner.Tests.Kube.Fake.Fields;
using Microsoft.AspNetCore.Http;

namespace BackupRunner.Tests.Kube.Fake;

/// <summary>Bodies of requests, and objects as their types hold them.</summary>
public static class FakeDecoding
{
    public static async Task<JsonNode?> Body(HttpContext http)
    {
        using var reader = new StreamReader(http.Request.Body);
        var text = await reader.ReadToEndAsync(http.RequestAborted);
        if (text.Length == 0)
            return null;
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException problem)
        {
            throw FakeStatusException.BadRequest($"couldn't get version/kind; json parse error: {problem.Message}");
        }
    }

    /// <summary>A whole object, of the kind that the path says.</summary>
    public static JsonObject Item(JsonNode? body, FakeKind kind, string @namespace)
    {
        if (body is not JsonObject item)
            throw FakeStatusException.BadRequest("unable to decode: the body is no object");
        if ((string?)item["kind"] is not { Length: > 0 } named)
            throw FakeStatusException.BadRequest($"Object 'Kind' is missing in '{item.ToJsonString()}'");
        var version = (string?)item["apiVersion"] ?? "";
        if (named != kind.Kind || version != kind.ApiVersion)
            throw FakeStatusException.BadRequest($"{named} in version \"{version.Split('/')[^1]}\" cannot be handled as a {kind.Kind}: the API version in the data ({version}) does not match the expected API version ({kind.ApiVersion})");
        item["metadata"] ??= new JsonObject();
        var inside = (string?)item["metadata"]!["namespace"] ?? "";
        if (inside.Length > 0 && kind.Namespaced && inside != @namespace)
            throw FakeStatusException.BadRequest("the namespace of the provided object does not match the namespace sent on the request");
        if (kind.Namespaced)
            item["metadata"]!["namespace"] = @namespace;
        return item;
    }

    /// <summary>As the kind's type writes it. Unknown fields are refused, warned of or passed over, as <paramref name="request"/> says (null: passed over).</summary>
    public static JsonObject Typed(JsonObject item, FakeKind kind, FakeRequest? request)
    {
        var writer = new FieldWriter();
        JsonObject typed;
        try
        {
            typed = kind.Custom ? FakeCustomResource.Prune(item, kind, out var pruned) is var rest && pruned.Count == 0 ? rest : Unknown(rest, pruned, kind, request) : writer.Write(item, kind.Schema);
        }
        catch (FieldFormatException problem)
        {
            throw FakeStatusException.BadRequest($"{kind.Kind} in version \"{kind.Version}\" cannot be handled as a {kind.Kind}: {problem.Message}");
        }
        return Unknown(typed, writer.Unknown, kind, request);
    }

    static JsonObject Unknown(JsonObject typed, IReadOnlyList<string> unknown, FakeKind kind, FakeRequest? request)
    {
        if (unknown.Count == 0 || request is null)
            return typed;
        if (request.FieldValidation == "Strict")
        {
            throw FakeStatusException.BadRequest($"{kind.Kind} in version \"{kind.Version}\" cannot be handled as a {kind.Kind}: strict decoding error: "
                + string.Join(", ", unknown.Select(path => $"unknown field \"{path}\"")));
        }
        if (request.FieldValidation == "Warn")
            request.Warnings.AddRange(unknown.Select(path => $"unknown field \"{path}\""));
        return typed;
    }
}
