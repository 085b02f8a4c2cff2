namespace BackupRunner.Kube;

static class Naming
{
    /// <summary>The same object, which says what it is where it did not.</summary>
    public static T Named<T>(this T item, string? apiVersion, string? kind) where T : KubeObject =>
        item.ApiVersion is not null && item.Kind is not null
            ? item
            : (T)((KubeObject)item with { ApiVersion = item.ApiVersion ?? apiVersion, Kind = item.Kind ?? kind });
}
