using System.Text;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace BackupRunner.Kube;

/// <summary>A mapping of a kubeconfig file, and what to call it in messages.</summary>
sealed class KubeconfigEntry(YamlMappingNode node, string path, string where)
{
    public string Where => where;

    public static KubeconfigEntry Empty(string path) => new([], path, $"\"{path}\"");

    public static KubeconfigEntry Root(string path)
    {
        var stream = new YamlStream();
        try
        {
            using var reader = new StreamReader(path);
            stream.Load(reader);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KubeConfigException($"cannot read the kubeconfig \"{path}\": {e.Message}", e);
        }
        catch (YamlException e)
        {
            // Its message may quote the line, and the line may hold a token.
            throw new KubeConfigException($"the kubeconfig \"{path}\" is not YAML: line {e.Start.Line}, column {e.Start.Column}");
        }
        return stream.Documents.Count > 0 && stream.Documents[0].RootNode is YamlMappingNode root
            ? new(root, path, $"\"{path}\"")
            : throw new KubeConfigException($"\"{path}\" is no kubeconfig: it holds no mapping");
    }

    /// <summary>The entry of that name in a list of <c>{name: ..., kind: {...}}</c>.</summary>
    public KubeconfigEntry Named(string list, string name, string kind)
    {
        var entries = Child(list) as YamlSequenceNode ?? [];
        foreach (var entry in entries.OfType<YamlMappingNode>())
        {
            var named = new KubeconfigEntry(entry, path, where);
            if (named.Text("name") == name)
                return new(named.Child(kind) as YamlMappingNode ?? [], path, $"\"{path}\": {kind} \"{name}\"");
        }
        throw new KubeConfigException($"\"{path}\" has no {kind} \"{name}\"");
    }

    public bool Has(string key) => Child(key) is not (null or YamlScalarNode { Value: null or "" or "null" or "~" });

    public string? Text(string key) => Child(key) switch
    {
        null => null,
        YamlScalarNode { Value: null or "" } => null,
        YamlScalarNode { Style: ScalarStyle.Plain, Value: "null" or "~" } => null,
        YamlScalarNode scalar => scalar.Value,
        _ => throw new KubeConfigException($"{where}: \"{key}\" is not a text"),
    };

    public bool Flag(string key) => Text(key) switch
    {
        null or "false" => false,
        "true" => true,
        _ => throw new KubeConfigException($"{where}: \"{key}\" is neither true nor false"),
    };

    /// <summary>Of <c>key-data</c> (base64), else of the file that <c>key</c> names.</summary>
    public string? Content(string key)
    {
        if (Text($"{key}-data") is { } data)
            try
            {
                return Encoding.UTF8.GetString(Convert.FromBase64String(data));
            }
            catch (FormatException)
            {
                throw new KubeConfigException($"{where}: \"{key}-data\" is not base64");
            }
        if (Text(key) is not { } file)
            return null;
        try
        {
            return File.ReadAllText(Beside(file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KubeConfigException($"{where}: cannot read the {key} \"{Beside(file)}\": {e.Message}", e);
        }
    }

    /// <summary>Relative paths are beside the kubeconfig.</summary>
    public string Beside(string file) => Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/", file);

    YamlNode? Child(string key) => node.Children.TryGetValue(new YamlScalarNode(key), out var child) ? child : null;
}
