using System.Text.Json.Nodes;

namespace BackupRunner.Tests.Kube.Fake;

/// <summary>One webhook of a configuration, and which requests it is asked about.</summary>
public sealed class FakeWebhook(JsonObject webhook)
{
    public string Name => (string)webhook["name"]!;

    public bool Ignores => (string?)webhook["failurePolicy"] == "Ignore";

    public int TimeoutSeconds => (int?)webhook["timeoutSeconds"] ?? 10;

    public string CaBundle => (string?)webhook["clientConfig"]?["caBundle"] ?? "";

    public string? Url => (string?)webhook["clientConfig"]?["url"];

    /// <summary><c>namespace/name</c> of the Service, and the path there.</summary>
    public (string Service, string Path)? Service => webhook["clientConfig"]?["service"] is { } service ? ($"{service["namespace"]}/{service["name"]}", (string?)service["path"] ?? "/") : null;

    /// <summary>May be called by a dry run.</summary>
    public bool HasNoSideEffects => (string?)webhook["sideEffects"] is "None" or "NoneOnDryRun";

    /// <param name="labels">Of the object's namespace; null for a kind of the cluster.</param>
    public bool Matches(FakeKind kind, string subresource, string operation, JsonObject? item, JsonObject? old, JsonNode? labels)
    {
        if (!(webhook["rules"] as JsonArray ?? []).Any(rule => Covers(rule!, kind, subresource, operation)))
            return false;
        if (kind.Namespaced && !FakeSelector.Matches(webhook["namespaceSelector"], labels))
            return false;
        return webhook["objectSelector"] is not JsonObject { Count: > 0 } selector
            || FakeSelector.Matches(selector, item?["metadata"]?["labels"]) || old is not null && FakeSelector.Matches(selector, old["metadata"]?["labels"]);
    }

    /// <summary>All matchConditions hold. Throws <see cref="FakeExpressionException"/> for one that cannot be evaluated.</summary>
    /// <param name="request">Of the review.</param>
    public bool ConditionsHold(JsonObject? item, JsonObject? old, JsonNode request)
    {
        var conditions = webhook["matchConditions"] as JsonArray ?? [];
        FakeExpressionException? failed = null;
        foreach (var condition in conditions)
        {
            try
            {
                if (!FakeExpression.Holds((string)condition!["expression"]!, item, old, request))
                    return false;
            }
            catch (FakeExpressionException problem)
            {
                failed = problem;
            }
        }
        return failed is null ? true : throw failed;
    }

    public static void Problems(JsonObject configuration, List<FakeCause> causes)
    {
        foreach (var (webhook, at) in (configuration["webhooks"] as JsonArray ?? []).Select((webhook, at) => (webhook!, at)))
        {
            var here = $"webhooks[{at}]";
            var name = (string)webhook["name"]!;
            if (name.Split('.').Length < 3)
                causes.Add(FakeValidation.Invalid(here + ".name", name, "should be a domain with at least three segments separated by dots"));
            if ((string?)webhook["sideEffects"] is not ("None" or "NoneOnDryRun"))
                causes.Add(FakeValidation.Required(here + ".sideEffects", "must specify one of None, NoneOnDryRun"));
            if ((webhook["admissionReviewVersions"] as JsonArray ?? []).All(version => (string?)version != "v1"))
                causes.Add(FakeValidation.Invalid(here + ".admissionReviewVersions", webhook["admissionReviewVersions"]?.DeepClone() ?? "null", "must include at least one of v1, v1beta1"));
            if ((int?)webhook["timeoutSeconds"] is < 1 or > 30)
                causes.Add(FakeValidation.Invalid(here + ".timeoutSeconds", webhook["timeoutSeconds"]!, "the timeout value must be between 1 and 30 seconds"));
            if ((webhook["clientConfig"]?["url"] is null) == (webhook["clientConfig"]?["service"] is null))
                causes.Add(FakeValidation.Required(here + ".clientConfig", "exactly one of url or service is required"));
            foreach (var (condition, of) in (webhook["matchConditions"] as JsonArray ?? []).Select((condition, of) => (condition!, of)))
            {
                if (FakeExpression.Problem((string)condition["expression"]!) is { } problem)
                    causes.Add(FakeValidation.Invalid($"{here}.matchConditions[{of}].expression", condition["expression"]!, "compilation failed: " + problem));
            }
        }
    }

    static bool Covers(JsonNode rule, FakeKind kind, string subresource, string operation)
    {
        var scope = (string?)rule["scope"] ?? "*";
        var resource = subresource.Length == 0 ? kind.Plural : $"{kind.Plural}/{subresource}";
        return Has(rule, "operations", operation, "*") && Has(rule, "apiGroups", kind.Group, "*") && Has(rule, "apiVersions", kind.Version, "*")
            && (Has(rule, "resources", resource, "*/*") || subresource.Length == 0 && Has(rule, "resources", "*", "*") || Has(rule, "resources", $"{kind.Plural}/*", $"*/{subresource}"))
            && (scope == "*" || scope == (kind.Namespaced ? "Namespaced" : "Cluster"));
    }

    static bool Has(JsonNode rule, string list, string one, string other) => (rule[list] as JsonArray ?? []).Any(text => (string?)text is { } given && (given == one || given == other));
}
