namespace BackupRunner.Kube;

public enum WatchChange
{
    Added,
    Modified,

    /// <summary>The object as it last was; after a gap in the watch, its metadata only.</summary>
    Deleted,

    /// <summary>Everything there is has been told; no object comes with it.</summary>
    Synced,
}

public sealed record WatchEvent<T>(WatchChange Change, T? Item) where T : KubeObject;
