namespace BackupRunner.Names;

/// <summary>
/// Whose data a series of backups is: the claim of one workload of one cluster. Two backups belong to one series exactly when all
/// five parts are equal. <paramref name="Kind"/> is lower case ("statefulset", outside a cluster "folder").
/// </summary>
public sealed record SeriesId(string Cluster, string Namespace, string Kind, string Name, string Claim)
{
    /// <summary><c>cluster/namespace/kind.name/claim</c>, each part escaped by <see cref="PathSegment"/>.</summary>
    public string Path => string.Join('/',
        PathSegment.Escape(Cluster),
        PathSegment.Escape(Namespace),
        PathSegment.Escape(Kind, alsoEscape: '.') + "." + PathSegment.Escape(Name),
        PathSegment.Escape(Claim));

    /// <returns>Null when <paramref name="path"/> is no path that <see cref="Path"/> writes.</returns>
    public static SeriesId? Parse(string path)
    {
        var parts = path.Split('/');
        if (parts.Length != 4)
            return null;
        var dot = parts[2].IndexOf('.', StringComparison.Ordinal);
        if (dot < 0)
            return null;
        var series = new[] { parts[0], parts[1], parts[2][..dot], parts[2][(dot + 1)..], parts[3] };
        var plain = Array.ConvertAll(series, PathSegment.Unescape);
        if (Array.Exists(plain, part => part is null))
            return null;
        var parsed = new SeriesId(plain[0]!, plain[1]!, plain[2]!, plain[3]!, plain[4]!);
        return parsed.Path == path ? parsed : null;
    }

    public override string ToString() => $"{Cluster}/{Namespace}/{Kind}/{Name}/{Claim}";
}
