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

    /// <summary>Of a name that pods' names are made of: they are cut to 58 characters, with a dash at the end, before five random ones.</summary>
    public const int MaxPodPrefixLength = 57;

    /// <summary>The prefix of every annotation and label of ours.</summary>
    public const string Domain = "backup.middleware.io/";

    /// <summary>The label, and its value, of every pod that runs the runner.</summary>
    public const string AppLabel = "app.kubernetes.io/name";

    public const string App = "backup-runner";

    /// <summary>The kind whose claims' names, <c>TEMPLATE-SET-ORDINAL</c>, already hold its own, so that its objects need no hash.</summary>
    public const string StatefulSet = "statefulset";

    public const string Deployment = "deployment";

    /// <summary>On a workload: the name of the BackupPolicy, in its own namespace, that protects it.</summary>
    public const string PolicyAnnotation = Domain + "policy";

    /// <summary>On a workload: which of its claims, comma separated names of volumes or claims; mutation writes the default.</summary>
    public const string ClaimsAnnotation = Domain + "claims";

    /// <summary>On a workload: what the webhook says of it. Written by the webhook only.</summary>
    public const string StatusAnnotation = Domain + "status";

    /// <summary>On a Job that restores: <c>StatefulSet/redis</c>.</summary>
    public const string RestoreAnnotation = Domain + "restore";

    /// <summary>On a Job that restores: the claim.</summary>
    public const string ClaimAnnotation = Domain + "claim";

    /// <summary>On a Job that restores: an id, <c>before:TIME</c> or <c>latest</c>.</summary>
    public const string BackupAnnotation = Domain + "backup";

    /// <summary>On a Secret: the namespaces, comma separated, whose policies may use it.</summary>
    public const string AllowedNamespacesAnnotation = Domain + "allowed-namespaces";

    /// <summary>On a key Secret: when its keys came, changed places and went, by field and id, as JSON. Written by the webhook only.</summary>
    public const string KeysAnnotation = Domain + "keys";

    /// <summary>On a key Secret: by field, every place that its keys were ever used for, as JSON. A place that no backup needs any more is taken out by hand.</summary>
    public const string LocationsAnnotation = Domain + "locations";

    /// <summary>On the copy of a Secret: <c>namespace/name</c> of what it is a copy of.</summary>
    public const string SourceAnnotation = Domain + "source";

    /// <summary>On the copy of a Secret: the field that its ring's current key is in; absent when it holds none.</summary>
    public const string KeyFieldAnnotation = Domain + "key-field";

    /// <summary>On the ConfigMap of a workload's policy: the names, comma separated, of all the Secret copies that it may have. Written before they are made.</summary>
    public const string CopiesAnnotation = Domain + "copies";

    /// <summary>On a protected workload, <c>true</c>: written by mutation, for <c>kubectl get -l</c>.</summary>
    public const string ProtectedLabel = Domain + "protected";

    /// <summary>On a Backup that records something: the claim.</summary>
    public const string ClaimLabel = Domain + "claim";

    /// <summary>On everything that the webhook makes: <see cref="OfWorkload"/>. What lacks it is never touched.</summary>
    public const string ForLabel = Domain + "for";

    const int HashDigits = 8;

    /// <summary>The CronJob of one claim, and the Lease that its runs hold: <c>backup-redis-data-redis-0</c>.</summary>
    /// <param name="kind">Lower case.</param>
    public static string OfClaim(string kind, string workload, string claim) =>
        Fitted($"backup-{workload}-{claim}", $"{kind}/{workload}/{claim}", MaxCronJobLength, always: kind != StatefulSet || !IsPlain(workload, claim));

    /// <summary>The CronJob that reads the backups of one claim back: <c>verify-redis-data-redis-0</c>.</summary>
    /// <param name="kind">Lower case.</param>
    public static string OfVerification(string kind, string workload, string claim) =>
        Fitted($"verify-{workload}-{claim}", $"{kind}/{workload}/{claim}", MaxCronJobLength, always: kind != StatefulSet || !IsPlain(workload, claim));

    /// <summary>The Backup object that records a stored backup which no other asked for: <c>backup-redis-data-redis-0-20261122t020000z-k3x7qa</c>.</summary>
    /// <param name="kind">Lower case.</param>
    public static string OfRecord(string kind, string workload, string claim, BackupId id) => $"{OfClaim(kind, workload, claim)}-{id.Text}";

    /// <summary>The Job that backs up one claim for a Backup object.</summary>
    /// <param name="uid">Of the Backup: another of its name has other Jobs.</param>
    public static string OfRun(string backup, string uid, string claim) => Fitted($"{backup}-{claim}", $"{uid}/{claim}", MaxCronJobLength, always: true);

    /// <summary>The Backup object that records a run which failed.</summary>
    /// <param name="cronJob">Its claim's.</param>
    /// <param name="uid">Of the run's Job.</param>
    public static string OfFailure(string cronJob, string uid) => Fitted(cronJob, uid, MaxLabelLength, always: true);

    /// <summary>The Lease of a restore into any claim of a workload: <c>restore-statefulset-redis</c>.</summary>
    /// <param name="kind">Lower case.</param>
    public static string OfRestore(string kind, string workload) =>
        Fitted($"restore-{kind}-{workload}", $"{kind}/{workload}", MaxLabelLength, always: false);

    /// <summary>The Job of a Restore object: one for each, also when another has its name later. A pod's name begins with it, whole.</summary>
    public static string OfRestoreJob(string restore, string uid) => Fitted($"restore-{restore}", $"{restore}/{uid}", MaxPodPrefixLength, always: true);

    /// <summary>The Job that resumes a restore into a workload whose run is dead; one for each <paramref name="holder"/> of its Lease.</summary>
    /// <param name="kind">Lower case.</param>
    public static string OfResume(string kind, string workload, string holder) =>
        Fitted($"resume-{workload}", $"{kind}/{workload}/{holder}", MaxLabelLength, always: true);

    /// <summary>The value of <see cref="ForLabel"/>: <c>statefulset.redis</c>.</summary>
    /// <param name="kind">Lower case.</param>
    public static string OfWorkload(string kind, string workload) => Fitted($"{kind}.{workload}", $"{kind}/{workload}", MaxLabelLength, always: false);

    /// <summary>The ServiceAccount of a workload's backups, its Role and RoleBinding: <c>backup-redis</c>.</summary>
    /// <param name="kind">Lower case.</param>
    public static string OfBackupAccount(string kind, string workload) => Fitted($"backup-{workload}", $"{kind}/{workload}", MaxLabelLength, always: kind != StatefulSet);

    /// <summary>The ServiceAccount of a workload's restores, its Role and RoleBinding: <c>restore-redis</c>.</summary>
    /// <param name="kind">Lower case.</param>
    public static string OfRestoreAccount(string kind, string workload) => Fitted($"restore-{workload}", $"{kind}/{workload}", MaxLabelLength, always: kind != StatefulSet);

    /// <summary>The ConfigMap with the policy that a workload's runs mount: <c>backup-redis-policy</c>.</summary>
    /// <param name="kind">Lower case.</param>
    public static string OfPolicyConfigMap(string kind, string workload) => Fitted($"backup-{workload}-policy", $"{kind}/{workload}", MaxLabelLength, always: kind != StatefulSet);

    /// <summary>The copy of another namespace's Secret beside a workload; it always ends in a hash.</summary>
    /// <param name="kind">Lower case.</param>
    public static string OfSecretCopy(string kind, string workload, string sourceNamespace, string sourceName) =>
        Fitted($"backup-{workload}-{sourceName}", $"{kind}/{workload}/{sourceNamespace}/{sourceName}", MaxLabelLength, always: true);

    /// <summary>
    /// <c>WORKLOAD-CLAIM</c> says by itself which StatefulSet's claim it is: set <c>a</c> with template <c>a-x-a</c> and set <c>a-a</c> with template <c>x</c> both
    /// have an <c>a-a-x-a-a-0</c>.
    /// </summary>
    static bool IsPlain(string workload, string claim)
    {
        var dash = claim.LastIndexOf('-');
        var ordinal = claim.AsSpan(dash + 1);
        if (dash < 0 || ordinal.IsEmpty || ordinal.ContainsAnyExceptInRange('0', '9') || (ordinal[0] == '0' && ordinal.Length > 1))
            return false;
        var whole = $"{workload}-{claim[..dash]}";
        return HasClaimOf(whole, workload.Length) && !Enumerable.Range(1, whole.Length).Any(length => length != workload.Length && HasClaimOf(whole, length));
    }

    /// <summary>Whether <c>SET-TEMPLATE-SET</c> can be read with a set of this length.</summary>
    static bool HasClaimOf(string whole, int length) => whole.Length >= (2 * length) + 3
        && whole[length] == '-' && whole[^(length + 1)] == '-' && whole.AsSpan(0, length).SequenceEqual(whole.AsSpan(whole.Length - length));

    static string Fitted(string name, string identity, int length, bool always)
    {
        if (name.Length <= length && !always)
            return name;
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity)))[..HashDigits];
        return $"{name[..Math.Min(name.Length, length - HashDigits - 1)].TrimEnd('-', '.')}-{hash}";
    }
}
