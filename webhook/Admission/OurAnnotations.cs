using BackupRunner.Names;
using BackupRunner.Policy.Reading;

namespace BackupRunner.Webhook.Admission;

/// <summary>Which annotations of ours mean something on which kind of object. Any other is a typing error, and refused: it would do nothing.</summary>
static class OurAnnotations
{
    public static readonly string[] OfWorkload = [ClusterNames.PolicyAnnotation, ClusterNames.ClaimsAnnotation, ClusterNames.StatusAnnotation];

    public static readonly string[] OfJob = [ClusterNames.RestoreAnnotation, ClusterNames.ClaimAnnotation, ClusterNames.BackupAnnotation];

    /// <summary>A problem for each that is not known. Wording costs, so no more than an answer can hold are worded; the others are counted.</summary>
    public static IReadOnlyList<string> Problems(IEnumerable<string> names, string[] known)
    {
        var unknown = names.Where(name => !known.Contains(name)).Order(StringComparer.Ordinal).ToList();
        return [.. unknown.Select((name, at) => at < AdmissionLimits.Problems ? Problem(name, known) : "")];
    }

    /// <summary>Where an annotation of ours stands, for messages.</summary>
    public static string Path(string name) => $"metadata.annotations[{name}]";

    static string Problem(string name, string[] known)
    {
        var word = name[ClusterNames.Domain.Length..];
        var nearest = Nearest.Of(word, known.Select(other => other[ClusterNames.Domain.Length..]));
        return $"metadata.annotations: unknown annotation {Shown.Of(name)}; "
            + (nearest is null ? $"known here: {string.Join(", ", known)}" : $"did you mean {Shown.Of(ClusterNames.Domain + nearest)}?");
    }
}
