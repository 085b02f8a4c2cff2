using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using BackupRunner.Tests.Kube.Fake;

namespace BackupRunner.Tests.Kube.Simulation;

/// <summary>A pod's volumes as folders of this machine, as a kubelet makes them.</summary>
/// <param name="folder">The pod's own.</param>
public sealed class SimulatedVolumes(FakeKubeApi api, JsonObject pod, string folder, Func<string, string> claimFolder)
{
    readonly string @namespace = (string)pod["metadata"]!["namespace"]!;
    readonly Dictionary<string, (string Path, bool ReadOnly)> volumes = [];

    public (string Path, bool ReadOnly) this[string name] => volumes[name];

    /// <summary>Makes them all. What cannot be mounted, because it is not there, is the answer; null: all is well.</summary>
    public string? Mount()
    {
        var group = (long?)pod["spec"]!["securityContext"]?["fsGroup"];
        foreach (var volume in (pod["spec"]!["volumes"] as JsonArray ?? []).OfType<JsonObject>())
        {
            var name = (string)volume["name"]!;
            var own = Path.Join(folder, "volumes", name);
            if (volume["persistentVolumeClaim"] is { } claim)
            {
                var (called, readOnly) = ((string)claim["claimName"]!, (bool?)claim["readOnly"] == true);
                if (api.Cluster.Get("persistentvolumeclaims", @namespace, called) is null)
                    return $"persistentvolumeclaim \"{called}\" not found";
                volumes[name] = (claimFolder(called), readOnly);
                if (group is { } owner && !readOnly)
                    Own(volumes[name].Path, owner);
                continue;
            }
            if (volume["hostPath"] is { } host)
            {
                volumes[name] = ((string)host["path"]!, false);
                continue;
            }
            Directory.CreateDirectory(own);
            // An ephemeral volume's claim is the pod's own and goes with it.
            if (volume["emptyDir"] is not null || volume["ephemeral"] is not null)
            {
                File.SetUnixFileMode(own, (UnixFileMode)0b111_111_111);
                volumes[name] = (own, false);
            }
            else
            {
                if (Contents(volume, out var missing) is not { } contents)
                    return missing;
                Write(own, contents);
                volumes[name] = (own, true);
            }
            if (group is { } of)
                Own(own, of);
        }
        return null;
    }

    /// <summary>What a kubelet does when a ConfigMap or Secret has changed, or a token grows old: new files, and one link that is replaced.</summary>
    public void Refresh()
    {
        foreach (var volume in (pod["spec"]!["volumes"] as JsonArray ?? []).OfType<JsonObject>())
        {
            if (volumes.TryGetValue((string)volume["name"]!, out var mounted) && mounted.ReadOnly && volume["persistentVolumeClaim"] is null && Contents(volume, out _) is { } contents)
                Write(mounted.Path, contents);
        }
    }

    List<(string Name, byte[] Content, int Mode)>? Contents(JsonObject volume, out string? missing)
    {
        missing = null;
        var files = new List<(string, byte[], int)>();
        var sources = volume["projected"] is { } projected ? ((JsonArray)projected["sources"]!).OfType<JsonObject>() : [volume];
        var mode = (int?)(volume["projected"] ?? volume["configMap"] ?? volume["secret"] ?? volume["downwardAPI"])?["defaultMode"] ?? 420;
        foreach (var source in sources)
        {
            if (source["serviceAccountToken"] is { } token)
            {
                var account = (string?)pod["spec"]!["serviceAccountName"] ?? "default";
                files.Add(((string)token["path"]!, Encoding.UTF8.GetBytes(api.TokenOf(@namespace, account)), mode));
            }
            foreach (var item in source["downwardAPI"]?["items"] as JsonArray ?? [])
                files.Add(((string)item!["path"]!, Encoding.UTF8.GetBytes(Field(pod, (string)item["fieldRef"]!["fieldPath"]!)), mode));
            foreach (var (kind, plural) in new[] { ("configMap", "configmaps"), ("secret", "secrets") })
            {
                if (source[kind] is not JsonObject of)
                    continue;
                var name = (string)(of["name"] ?? of["secretName"])!;
                if (api.Cluster.Get(plural, @namespace, name)?.Item is { } found)
                    files.AddRange(Keys(found, of, mode));
                else if ((bool?)of["optional"] != true)
                {
                    missing = $"{plural[..^1]} \"{name}\" not found";
                    return null;
                }
            }
        }
        return files;
    }

    static IEnumerable<(string, byte[], int)> Keys(JsonObject item, JsonObject volume, int mode)
    {
        var secret = (string?)item["kind"] == "Secret";
        var all = (item["data"] as JsonObject ?? []).ToDictionary(key => key.Key, key => secret ? Convert.FromBase64String((string)key.Value!) : Encoding.UTF8.GetBytes((string)key.Value!));
        foreach (var (name, text) in item["binaryData"] as JsonObject ?? [])
            all[name] = Convert.FromBase64String((string)text!);
        return volume["items"] is JsonArray items
            ? items.Where(key => all.ContainsKey((string)key!["key"]!)).Select(key => ((string)key!["path"]!, all[(string)key["key"]!], (int?)key["mode"] ?? mode))
            : all.Select(key => (key.Key, key.Value, mode));
    }

    public static string Field(JsonObject pod, string path)
    {
        if (path.Split('[') is [var map, var rest])
            return (string?)map.Split('.').Aggregate((JsonNode?)pod, (node, name) => node?[name])?[rest.Trim(']', '\'')] ?? "";
        return path == "status.podIP" ? "127.0.0.1" : path.Split('.').Aggregate((JsonNode?)pod, (node, name) => node?[name]) switch
        {
            JsonValue value when value.GetValueKind() == System.Text.Json.JsonValueKind.String => (string)value!,
            var other => other?.ToJsonString() ?? "",
        };
    }

    // A folder with the time in its name, ..data that points to it, and a link for every file through that: a change is one rename.
    static void Write(string folder, IEnumerable<(string Name, byte[] Content, int Mode)> files)
    {
        var version = ".." + DateTime.UtcNow.ToString("yyyy_MM_dd_HH_mm_ss.fffffff", CultureInfo.InvariantCulture);
        Directory.CreateDirectory(Path.Join(folder, version));
        foreach (var (name, content, mode) in files)
        {
            var path = Path.Join(folder, version, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, content);
            File.SetUnixFileMode(path, (UnixFileMode)mode);
            var first = name.Split('/')[0];
            if (!File.Exists(Path.Join(folder, first)) && !Directory.Exists(Path.Join(folder, first)))
                File.CreateSymbolicLink(Path.Join(folder, first), Path.Join("..data", first));
        }
        var (data, next) = (Path.Join(folder, "..data"), Path.Join(folder, "..data_tmp"));
        var old = Directory.Exists(data) ? File.ResolveLinkTarget(data, false)?.FullName : null;
        File.CreateSymbolicLink(next, version);
        using (var rename = Process.Start("mv", ["-fT", next, data]))
            rename.WaitForExit();
        if (old is not null)
            Directory.Delete(old, recursive: true);
    }

    static void Own(string path, long group)
    {
        foreach (var line in (string[][])[["chgrp", "-R", group.ToString(CultureInfo.InvariantCulture), path], ["chmod", "-R", "g+rwX", path], ["chmod", "g+s", path]])
        {
            using var process = Process.Start(line[0], line[1..]);
            process.WaitForExit();
        }
    }
}
