using System.Text.RegularExpressions;

namespace BackupRunner.Posix;

/// <summary>SELinux, whose denials look like any other: with categories of its own a pod may not read what another pod's label is on, not even as root.</summary>
public static partial class SecurityLevel
{
    /// <summary>The hint, and what else it may be where SELinux is at work.</summary>
    public static string Hinted(string hint) => Hinted(hint, Read("/sys/fs/selinux/enforce"), Read("/proc/self/attr/current"));

    /// <param name="enforce">Content of <c>/sys/fs/selinux/enforce</c>, which a container seldom sees; null: there is none.</param>
    /// <param name="context">Of this process, such as <c>system_u:system_r:container_t:s0:c1,c2</c>; with another security module its words.</param>
    public static string Hinted(string hint, string? enforce, string? context)
    {
        var level = context is null ? "" : Categories().Match(context.TrimEnd('\0', '\n')).Groups["level"].Value;
        if (enforce?.Trim() != "1" && level.Length == 0)
            return hint;
        return $"{hint}. Or SELinux forbids it{(level.Length == 0 ? "" : $", at level {level}")}: set securityContext.seLinuxOptions.level in the workload's pod template, so that its pods and this one have the same";
    }

    static string? Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception none) when (none is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    [GeneratedRegex("^[^:]+:[^:]+:[^:]+:(?<level>s[0-9]+(-s[0-9]+)?:c[0-9.,c]+)$")]
    private static partial Regex Categories();
}
