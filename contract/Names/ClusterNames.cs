using System.Security.Cryptography;
using System.Text;

namespace BackupRunner.Names;

/// <summary>
/// Names of the objects that both programs know in a cluster. A name that would be too long, or that could be another's, ends in 8 hex digits of
/// a hash of what it stands for.
/// </summary>
public static class ClusterNames
{
    /// <summary>The longest name of a CronJob: its Jobs' names are 11 characters longer, and a label holds 63.</summary>
    public const int MaxCronJobLength = 52;

    public const int MaxLabelLength = 63;

    /// <summary>The prefix of every annotation and label of ours.</summary>
    public const string Domain = "backup.middleware.io/";

    /// <summary>The label, and its value, of every pod that runs the runner.</summary>
    public const string AppLabel = "app.kubernetes.io/name";

    public const string App = "backup-runner";

    /// <summary>The kind whose claims' names already hold its own, so that its objects need no hash.</summary>
    public const string StatefulSet = "statefulset";

    public const string Deployment = "deployment";

    const int HashDigits = 8;

    /// <summary>The CronJob of one claim, and the Lease that its runs hold: <c>backup-redis-data-redis-0</c>.</summary>
    /// <param name="kind">Lower case.</param>
    public static string OfClaim(string kind, string workload, string claim) =>
        Fitted($"backup-{workload}-{claim}", $"{kind}/{workload}/{claim}", MaxCronJobLength, always: kind != StatefulSet);

    /// <summary>The Lease of a restore into any claim of a workload: <c>restore-statefulset-redis</c>.</summary>
    /// <param name="kind">Lower case.</param>
    public static string OfRestore(string kind, string workload) =>
        Fitted($"restore-{kind}-{workload}", $"{kind}/{workload}", MaxLabelLength, always: false);

    static string Fitted(string name, string identity, int length, bool always)
    {
        if (name.Length <= length && !always)
            return name;
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity)))[..HashDigits];
        return $"{name[..Math.Min(name.Length, length - HashDigits - 1)].TrimEnd('-', '.')}-{hash}";
    }
}
