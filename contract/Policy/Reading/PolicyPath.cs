namespace BackupRunner.Policy.Reading;

/// <summary>
/// The full path of a value. A document is <c>backup:</c> or a fragment, whose root keys are keys of the body or of <c>settings</c>; paths are
/// the same in both.
/// </summary>
static class PolicyPath
{
    public const string Root = "backup";

    public static readonly string[] BodyKeys =
        ["enabled", "storage", "cluster", "settings", "retention", "schedule", "commands", "values", "restore", "verification"];

    public static readonly string[] SettingsKeys = ["volumeAccess", "consistency", "archive", "checksum", "encryption"];

    /// <summary>What may stand at the root of a document.</summary>
    public static readonly string[] RootKeys = [Root, .. BodyKeys, .. SettingsKeys];

    public static bool IsKnown(string rootKey) => RootKeys.Contains(rootKey);

    /// <param name="steps">From the document's root: keys, and <c>[0]</c> for items of a list.</param>
    public static string Of(IEnumerable<string> steps)
    {
        var path = string.Join('.', steps.Select(step => step.StartsWith('[') ? step : Quoted.Key(step))).Replace(".[", "[", StringComparison.Ordinal);
        var root = path.Split('.', '[')[0];
        return BodyKeys.Contains(root) ? $"{Root}.{path}" : SettingsKeys.Contains(root) ? $"{Root}.settings.{path}" : path;
    }
}
