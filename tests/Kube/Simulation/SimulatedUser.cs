using System.Globalization;
using System.Text.Json.Nodes;

namespace BackupRunner.Tests.Kube.Simulation;

/// <summary>Who a container's processes are, and what they may, as arguments of setpriv.</summary>
public static class SimulatedUser
{
    // What containerd leaves a container that says nothing.
    static readonly string[] Usual = ["CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "MKNOD", "NET_RAW", "SETGID", "SETUID", "SETFCAP", "SETPCAP", "NET_BIND_SERVICE", "SYS_CHROOT", "KILL", "AUDIT_WRITE"];

    public static IReadOnlyList<string> Of(JsonObject container, JsonObject pod, SimulatedImage image)
    {
        var (own, all) = (container["securityContext"], pod["spec"]!["securityContext"]);
        var user = (long?)(own?["runAsUser"] ?? all?["runAsUser"]) ?? image.User;
        var group = (long?)(own?["runAsGroup"] ?? all?["runAsGroup"]) ?? (user == image.User ? image.User : 0);
        var groups = (all?["supplementalGroups"] as JsonArray ?? []).Select(one => (long)one!).ToList();
        if ((long?)all?["fsGroup"] is { } shared)
            groups.Add(shared);
        var dropped = (own?["capabilities"]?["drop"] as JsonArray ?? []).Select(name => (string)name!).ToList();
        var added = (own?["capabilities"]?["add"] as JsonArray ?? []).Select(name => (string)name!);
        var kept = (dropped.Contains("ALL") ? [] : Usual.Except(dropped)).Union(added).Select(name => ",+" + name.ToLowerInvariant());
        var arguments = new List<string>
        {
            "--reuid", user.ToString(CultureInfo.InvariantCulture), "--regid", group.ToString(CultureInfo.InvariantCulture),
            "--bounding-set", "-all" + string.Concat(kept), "--inh-caps", "-all",
        };
        arguments.AddRange(groups.Count > 0 ? ["--groups", string.Join(',', groups)] : ["--clear-groups"]);
        if ((bool?)own?["allowPrivilegeEscalation"] == false)
            arguments.Add("--no-new-privs");
        return arguments;
    }
}
