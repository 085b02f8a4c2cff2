namespace BackupRunner.Webhook.Workloads;

/// <summary>How the spec of a BackupPolicy becomes the policy file of a run: JSON is YAML.</summary>
public static class PolicyBody
{
    /// <param name="body"><see cref="PolicyObject.Body"/>.</param>
    public static string Document(string body) => $$"""{"backup": {{body}}}""" + "\n";
}
