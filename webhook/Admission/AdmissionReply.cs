using System.Text.Json.Nodes;

namespace BackupRunner.Webhook.Admission;

/// <summary>What is answered to one request.</summary>
public abstract record AdmissionReply
{
    AdmissionReply()
    {
    }

    public static AdmissionReply Unchanged { get; } = new Allowed([]);

    /// <summary>What the user did is no valid content: 422.</summary>
    public static AdmissionReply Invalid(IReadOnlyList<string> problems) => new Denied(422, "Invalid", problems);

    /// <summary>The user may not: 403.</summary>
    public static AdmissionReply Forbidden(IReadOnlyList<string> problems) => new Denied(403, "Forbidden", problems);

    /// <summary>The review is not what the API server posts: 400.</summary>
    public static AdmissionReply BadRequest(string problem) => new Denied(400, "BadRequest", [problem]);

    /// <summary>It cannot be told now whether the user may: 503.</summary>
    public static AdmissionReply Unavailable(IReadOnlyList<string> problems) => new Denied(503, "ServiceUnavailable", problems);

    /// <summary>This program failed: 500.</summary>
    public static AdmissionReply Bug(string problem) => new Denied(500, "InternalError", [problem]);

    /// <param name="Warnings">One a line to the user; they change nothing.</param>
    public sealed record Allowed(IReadOnlyList<string> Warnings) : AdmissionReply;

    /// <param name="Code">As an HTTP status.</param>
    /// <param name="Reason">One word of the API's.</param>
    /// <param name="Problems">All of them, one a line.</param>
    public sealed record Denied(int Code, string Reason, IReadOnlyList<string> Problems) : AdmissionReply;

    /// <param name="Patch">RFC 6902; never empty.</param>
    public sealed record Patched(JsonArray Patch, IReadOnlyList<string> Warnings) : AdmissionReply;
}
