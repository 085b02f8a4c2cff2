using System.Text.Json.Serialization.Metadata;

namespace BackupRunner.Kube;

/// <summary>A kind of object: where the server keeps it and how its JSON is read.</summary>
/// <param name="Group">Empty for the core group.</param>
/// <param name="Plural">As in paths: <c>statefulsets</c>.</param>
public sealed record KubeResource<T>(string Group, string Version, string Plural, JsonTypeInfo<T> Json) where T : KubeObject
{
    /// <summary>Written into objects that do not say it themselves.</summary>
    public string? Kind { get; init; }

    public string? Subresource { get; init; }

    /// <summary>Likewise.</summary>
    public string ApiVersion { get => field ?? (Group.Length == 0 ? Version : $"{Group}/{Version}"); init; }

    public KubeResource<T> OfStatus() => this with { Subresource = "status" };

    public KubeResource<Scale> OfScale() => new(Group, Version, Plural, KubeJson.Default.Scale) { Subresource = "scale", ApiVersion = "autoscaling/v1", Kind = "Scale" };

    /// <param name="ns">Null: of the cluster, or of all namespaces.</param>
    /// <param name="name">Null: all of them.</param>
    public string Path(string? ns, string? name)
    {
        var root = Group.Length == 0 ? $"/api/{Version}" : $"/apis/{Group}/{Version}";
        var place = ns is null ? root : $"{root}/namespaces/{Uri.EscapeDataString(ns)}";
        var path = name is null ? $"{place}/{Plural}" : $"{place}/{Plural}/{Uri.EscapeDataString(name)}";
        return Subresource is null ? path : $"{path}/{Subresource}";
    }

    /// <summary>As the server names it in messages: <c>statefulsets.apps/scale</c>.</summary>
    public override string ToString() => (Group.Length == 0 ? Plural : $"{Plural}.{Group}") + (Subresource is null ? "" : $"/{Subresource}");
}
