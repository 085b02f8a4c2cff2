using System.Text.Json;

namespace BackupRunner.Webhook.Admission;

/// <summary>A review as it was read: a request, or why there is none.</summary>
/// <param name="Uid">Of the review, also where the rest is no request, so that it can be answered. Null: unknown.</param>
public sealed record ReadReview(AdmissionRequest? Request, string? Uid, string? Problem);

/// <summary>Reads AdmissionReviews of admission.k8s.io/v1.</summary>
public static class AdmissionReviewReader
{
    public const string ApiVersion = "admission.k8s.io/v1";

    const int LongestUid = 256;

    public static ReadReview Read(JsonElement review)
    {
        if (review.ValueKind != JsonValueKind.Object)
            return new(null, null, "the body is not an AdmissionReview");
        var request = Part(review, "request");
        var uid = Text(request, "uid") is { Length: > 0 and <= LongestUid } given ? given : null;
        if (Text(review, "kind") != "AdmissionReview")
            return new(null, uid, "the body is not an AdmissionReview");
        if (Text(review, "apiVersion") is not ApiVersion)
            return new(null, uid, $"the review is of {Shown.Of(Text(review, "apiVersion") ?? "")}; this webhook answers \"{ApiVersion}\", so put \"v1\" into admissionReviewVersions");
        if (request.ValueKind != JsonValueKind.Object)
            return new(null, null, "the review has no request");
        return uid is null ? new(null, null, "the review's request has no uid") : new(Request(request, uid), uid, null);
    }

    /// <summary>The uid of a body that is no JSON, if it stands before the place where it ends to be. Null: it does not.</summary>
    public static string? UidOf(ReadOnlySpan<byte> broken)
    {
        var reader = new Utf8JsonReader(broken, new JsonReaderOptions { MaxDepth = AdmissionLimits.Depth });
        var inRequest = false;
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType != JsonTokenType.PropertyName)
                    continue;
                if (reader.CurrentDepth == 1)
                    inRequest = reader.ValueTextEquals("request");
                else if (inRequest && reader.CurrentDepth == 2 && reader.ValueTextEquals("uid") && reader.Read() && reader.TokenType == JsonTokenType.String)
                    return reader.GetString() is { Length: > 0 and <= LongestUid } uid ? uid : null;
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // What comes before the uid is broken too.
        }
        return null;
    }

    static AdmissionRequest Request(JsonElement request, string uid)
    {
        var resource = Part(request, "resource");
        return new()
        {
            Uid = uid,
            Group = Text(resource, "group") ?? "",
            Version = Text(resource, "version") ?? "",
            Resource = Text(resource, "resource") ?? "",
            Subresource = Text(request, "subResource") ?? "",
            Name = Text(request, "name") ?? "",
            Namespace = Text(request, "namespace") ?? "",
            Operation = Text(request, "operation") ?? "",
            User = User(Part(request, "userInfo")),
            Item = Part(request, "object"),
            OldItem = Part(request, "oldObject"),
        };
    }

    static AdmissionUser User(JsonElement user) => new()
    {
        Name = Text(user, "username") ?? "",
        Uid = Text(user, "uid"),
        Groups = Texts(Part(user, "groups")),
        Extra = Part(user, "extra") is { ValueKind: JsonValueKind.Object } extra
            ? extra.EnumerateObject().DistinctBy(JsonText.NameOf).ToDictionary(JsonText.NameOf, entry => Texts(entry.Value))
            : new Dictionary<string, List<string>>(),
    };

    static List<string> Texts(JsonElement list) => list.ValueKind != JsonValueKind.Array ? []
        : [.. list.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.String).Select(JsonText.Of)];

    static JsonElement Part(JsonElement of, string name) => JsonText.Part(of, name);

    static string? Text(JsonElement of, string name) => JsonText.Of(of, name);
}
