using System.Text.Json;
using System.Text.Json.Serialization;

namespace BackupRunner.Kube;

/// <summary>A piece of an object. What it has no property for stays in <see cref="Unknown"/>, so that read, change, replace loses nothing.</summary>
public abstract record KubePart
{
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}
