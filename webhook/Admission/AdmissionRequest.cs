using System.Text.Json;

namespace BackupRunner.Webhook.Admission;

/// <summary>What an AdmissionReview of admission.k8s.io/v1 asks. Its elements live as long as the document that they were read from.</summary>
public sealed record AdmissionRequest
{
    public const string Create = "CREATE";
    public const string Update = "UPDATE";
    public const string Delete = "DELETE";

    /// <summary>Of the review, not of an object.</summary>
    public required string Uid { get; init; }

    public string Group { get; init; } = "";

    public string Version { get; init; } = "";

    /// <summary>The plural, as in paths.</summary>
    public string Resource { get; init; } = "";

    /// <summary>Empty: the object itself.</summary>
    public string Subresource { get; init; } = "";

    /// <summary>Empty when the server is yet to make it.</summary>
    public string Name { get; init; } = "";

    /// <summary>Empty for an object of the cluster.</summary>
    public string Namespace { get; init; } = "";

    public string Operation { get; init; } = "";

    public AdmissionUser User { get; init; } = new();

    /// <summary>Undefined when there is none: a DELETE.</summary>
    public JsonElement Item { get; init; }

    /// <summary>Undefined when there is none: a CREATE.</summary>
    public JsonElement OldItem { get; init; }
}
