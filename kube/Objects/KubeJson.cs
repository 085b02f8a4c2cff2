using System.Text.Json.Serialization;

namespace BackupRunner.Kube;

/// <summary>How every object is read and written.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(KubeTimeJson)])]
[JsonSerializable(typeof(KubeObject))]
[JsonSerializable(typeof(Pod))]
[JsonSerializable(typeof(Workload))]
[JsonSerializable(typeof(Scale))]
[JsonSerializable(typeof(Lease))]
[JsonSerializable(typeof(Secret))]
[JsonSerializable(typeof(KubeEvent))]
[JsonSerializable(typeof(SubjectAccessReview))]
[JsonSerializable(typeof(KubeStatus))]
public sealed partial class KubeJson : JsonSerializerContext;
