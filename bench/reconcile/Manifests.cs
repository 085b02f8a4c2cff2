using System.Text.Json;
using BackupRunner.Kube;
using BackupRunner.Tests.Support;
using YamlDotNet.Serialization;

namespace BackupRunner.Bench;

static class Manifests
{
    /// <param name="path">Of a YAML file of one document, from the root of the repository.</param>
    public static KubeObject Read(string path)
    {
        var tree = new DeserializerBuilder().WithAttemptingUnquotedStringTypeDeserialization().Build().Deserialize(File.ReadAllText(Repository.PathOf(path)));
        var json = new SerializerBuilder().JsonCompatible().Build().Serialize(tree!);
        return JsonSerializer.Deserialize(json, KubeJson.Default.KubeObject)!;
    }
}
