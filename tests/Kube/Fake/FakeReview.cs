using System.Text.Json.Nodes;

namespace BackupRunner.Tests.Kube.Fake;

/// <summary>An AdmissionReview as the server posts it.</summary>
public static class FakeReview
{
    public static JsonObject Of(FakeRequest request, FakeKind kind, string operation, JsonObject? item, JsonObject? old)
    {
        JsonObject Kind() => new() { ["group"] = kind.Group, ["version"] = kind.Version, ["kind"] = kind.Kind };
        JsonObject Resource() => new() { ["group"] = kind.Group, ["version"] = kind.Version, ["resource"] = kind.Plural };
        var asked = new JsonObject { ["uid"] = Guid.NewGuid().ToString(), ["kind"] = Kind(), ["resource"] = Resource() };
        if (request.Subresource.Length > 0)
            asked["subResource"] = request.Subresource;
        asked["requestKind"] = Kind();
        asked["requestResource"] = Resource();
        if (request.Subresource.Length > 0)
            asked["requestSubResource"] = request.Subresource;
        asked["name"] = (string?)(item ?? old)?["metadata"]?["name"] ?? "";
        if (request.Namespace.Length > 0)
            asked["namespace"] = request.Namespace;
        asked["operation"] = operation;
        asked["userInfo"] = new JsonObject
        {
            ["username"] = request.User.Name,
            ["groups"] = new JsonArray([.. request.User.Groups.Select(group => (JsonNode)group)]),
        };
        if (request.User.Credential is { } credential)
            asked["userInfo"]!["extra"] = new JsonObject { ["authentication.kubernetes.io/credential-id"] = new JsonArray(credential) };
        asked["object"] = item?.DeepClone();
        asked["oldObject"] = old?.DeepClone();
        asked["dryRun"] = request.DryRun;
        asked["options"] = Options(request, operation);
        return new JsonObject { ["kind"] = "AdmissionReview", ["apiVersion"] = "admission.k8s.io/v1", ["request"] = asked };
    }

    static JsonObject Options(FakeRequest request, string operation)
    {
        var options = new JsonObject { ["kind"] = operation[0] + operation[1..].ToLowerInvariant() + "Options", ["apiVersion"] = "meta.k8s.io/v1" };
        if (request.DryRun)
            options["dryRun"] = new JsonArray("All");
        if (request.Query["fieldManager"].ToString() is { Length: > 0 } manager)
            options["fieldManager"] = manager;
        if (request.Query["fieldValidation"].ToString() is { Length: > 0 } validation)
            options["fieldValidation"] = validation;
        return options;
    }
}
