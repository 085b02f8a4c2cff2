using System.Text.Json.Nodes;

namespace BackupRunner.Webhook.Plans.Pods;

/// <summary>What every run reads as files, the policy and Secrets, and where it writes.</summary>
/// <param name="SecretMode">Of the Secrets' files: <see cref="OfGroup"/> or <see cref="OfAll"/>.</param>
sealed record RunFiles(string PolicyConfigMap, MountedSecrets Secrets, int SecretMode)
{
    /// <summary>0440: the files are root's, and of the group <c>fsGroup</c>.</summary>
    public const int OfGroup = 0x120;

    /// <summary>0444, for a user who is not root in a pod without <c>fsGroup</c>. Only the containers of the pod can see the files at all.</summary>
    public const int OfAll = 0x124;

    /// <summary>Where <c>commands.backup</c> leaves its archive and <c>commands.restore</c> finds it.</summary>
    public const string Scratch = "/backup";

    const string Root = "/etc/backup-runner";

    public IEnumerable<string> Arguments
    {
        get
        {
            yield return $"--policy={Root}/policy/policy.yaml";
            if (Secrets.Credentials is not null)
                yield return $"--credentials={Root}/credentials";
            if (Secrets.Keys is not null)
                yield return $"--keys={Root}/keys";
        }
    }

    /// <param name="first">The mount of the data.</param>
    public JsonArray Mounts(params ReadOnlySpan<JsonObject> first)
    {
        JsonArray mounts = [.. first];
        mounts.Add(ReadOnly("policy"));
        if (Secrets.Credentials is not null)
            mounts.Add(ReadOnly("credentials"));
        if (Secrets.Keys is not null)
            mounts.Add(ReadOnly("keys"));
        mounts.Add(new JsonObject { ["name"] = "backup", ["mountPath"] = Scratch });
        mounts.Add(new JsonObject { ["name"] = "tmp", ["mountPath"] = "/tmp" });
        return mounts;
    }

    /// <param name="first">The volume of the data.</param>
    public JsonArray Volumes(params ReadOnlySpan<JsonObject> first)
    {
        JsonArray volumes = [.. first];
        volumes.Add(new JsonObject { ["name"] = "policy", ["configMap"] = new JsonObject { ["name"] = PolicyConfigMap } });
        if (Secrets.Credentials is { } credentials)
            volumes.Add(Secret("credentials", credentials));
        if (Secrets.Keys is { } keys)
            volumes.Add(Secret("keys", keys));
        volumes.Add(new JsonObject { ["name"] = "backup", ["emptyDir"] = new JsonObject() });
        volumes.Add(new JsonObject { ["name"] = "tmp", ["emptyDir"] = new JsonObject() });
        return volumes;
    }

    static JsonObject ReadOnly(string name) => new() { ["name"] = name, ["mountPath"] = $"{Root}/{name}", ["readOnly"] = true };

    JsonObject Secret(string name, string secret) =>
        new() { ["name"] = name, ["secret"] = new JsonObject { ["secretName"] = secret, ["defaultMode"] = SecretMode } };
}
