using System.Text.Json;
using System.Text.Json.Serialization;

namespace BackupRunner.Names;

/// <summary>The value of <see cref="LeaseNotes.Frozen"/>: the very pod that is frozen. The thaw command comes from the policy, never from here.</summary>
/// <param name="Since">By the clock of the run that froze it.</param>
public sealed record FrozenPod(string BackupId, DateTimeOffset Since, string Pod, string PodUid, string Container)
{
    /// <returns>Null when it is no mark that this version wrote.</returns>
    public static FrozenPod? Parse(string text)
    {
        try
        {
            return JsonSerializer.Deserialize(text, FrozenPodJson.Default.FrozenPod);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public string ToJson() => JsonSerializer.Serialize(this, FrozenPodJson.Default.FrozenPod);
}

[JsonSourceGenerationOptions(RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(FrozenPod))]
sealed partial class FrozenPodJson : JsonSerializerContext;
