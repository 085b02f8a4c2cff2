using System.Text.RegularExpressions;

namespace BackupRunner.Webhook.Admission;

/// <summary>Names of objects: RFC 1123 subdomains.</summary>
static partial class ObjectName
{
    const int Longest = 253;

    public static bool IsValid(string name) => name.Length <= Longest && Subdomain().IsMatch(name);

    [GeneratedRegex(@"\A[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\z", RegexOptions.NonBacktracking)]
    private static partial Regex Subdomain();
}
