using System.Text.Json.Nodes;

namespace BackupRunner.Tests.Kube.Fake;

/// <summary>One reason of a refusal.</summary>
public sealed record FakeCause(string Reason, string Message, string Field);

/// <summary>An answer that is a <c>Status</c>, in the words of the real server.</summary>
public sealed class FakeStatusException(int code, string reason, string message, JsonObject? details = null) : Exception(message)
{
    public int Code { get; } = code;

    public string Reason { get; } = reason;

    /// <summary>For a list whose continue token is too old.</summary>
    public JsonObject? ListMetadata { get; init; }

    /// <summary>Seconds, also in <c>details</c>.</summary>
    public int? RetryAfter { get; init; }

    /// <summary>The text instead of a Status: what a path that nothing serves answers.</summary>
    public string? Plain { get; init; }

    public JsonObject ToJson()
    {
        var status = new JsonObject { ["kind"] = "Status", ["apiVersion"] = "v1", ["metadata"] = ListMetadata?.DeepClone() ?? new JsonObject(), ["status"] = "Failure", ["message"] = Message };
        if (Reason.Length > 0)
            status["reason"] = Reason;
        if (details is not null)
            status["details"] = details.DeepClone();
        status["code"] = Code;
        return status;
    }

    public static FakeStatusException NotFound(FakeKind kind, string name) => new(404, "NotFound", $"{kind.Qualified} \"{name}\" not found", Details(kind, name));

    public static FakeStatusException NoSuchPath() => new(404, "NotFound", "404 page not found") { Plain = "404 page not found\n" };

    public static FakeStatusException Unauthorized() => new(401, "Unauthorized", "Unauthorized");

    public static FakeStatusException AlreadyExists(FakeKind kind, string name) => new(409, "AlreadyExists", $"{kind.Qualified} \"{name}\" already exists", Details(kind, name));

    public static FakeStatusException Conflict(FakeKind kind, string name, string why = "the object has been modified; please apply your changes to the latest version and try again") =>
        new(409, "Conflict", $"Operation cannot be fulfilled on {kind.Qualified} \"{name}\": {why}", Details(kind, name));

    public static FakeStatusException BadRequest(string message) => new(400, "BadRequest", message);

    public static FakeStatusException Internal(string message) => new(500, "InternalError", "Internal error occurred: " + message, new JsonObject { ["causes"] = new JsonArray(new JsonObject { ["message"] = message }) });

    public static FakeStatusException Forbidden(string qualified, string group, string plural, string name, string why)
    {
        var details = new JsonObject();
        if (name.Length > 0)
            details["name"] = name;
        if (group.Length > 0)
            details["group"] = group;
        details["kind"] = plural;
        return new(403, "Forbidden", $"{qualified}{(name.Length > 0 ? $" \"{name}\"" : "")} is forbidden: {why}", details);
    }

    public static FakeStatusException Invalid(FakeKind kind, string name, IReadOnlyList<FakeCause> causes)
    {
        var all = string.Join(", ", causes.Select(cause => $"{cause.Field}: {cause.Message}"));
        var details = new JsonObject { ["name"] = name };
        if (kind.Group.Length > 0)
            details["group"] = kind.Group;
        details["kind"] = kind.Kind;
        details["causes"] = Causes(causes);
        var qualified = kind.Group.Length > 0 ? $"{kind.Kind}.{kind.Group}" : kind.Kind;
        return new(422, "Invalid", $"{qualified} \"{name}\" is invalid: {(causes.Count > 1 ? $"[{all}]" : all)}", details);
    }

    public static FakeStatusException ApplyConflict(IReadOnlyList<Fields.FieldConflict> conflicts)
    {
        var causes = Causes(conflicts.Select(conflict => new FakeCause("FieldManagerConflict", $"conflict with {conflict.With}", conflict.Path)));
        var message = conflicts.Count == 1
            ? $"Apply failed with 1 conflict: conflict with {conflicts[0].With}: {conflicts[0].Path}"
            : $"Apply failed with {conflicts.Count} conflicts: " + string.Join('\n', conflicts.GroupBy(conflict => conflict.With.ToString()).OrderBy(by => by.Key, StringComparer.Ordinal)
                .SelectMany(by => by.Select(conflict => "- " + conflict.Path).Prepend($"conflicts with {by.Key}:")));
        return new(409, "Conflict", message, new JsonObject { ["causes"] = causes });
    }

    static JsonArray Causes(IEnumerable<FakeCause> causes) =>
        new([.. causes.Select(cause => new JsonObject { ["reason"] = cause.Reason, ["message"] = cause.Message, ["field"] = cause.Field })]);

    static JsonObject Details(FakeKind kind, string name)
    {
        var details = new JsonObject { ["name"] = name };
        if (kind.Group.Length > 0)
            details["group"] = kind.Group;
        details["kind"] = kind.Plural;
        return details;
    }
}
