namespace BackupRunner.Kube;

/// <summary>What a watch has told so far: of each object no more than which one it is and which version.</summary>
sealed class WatchKnown
{
    readonly record struct Entry(string? Uid, string? ResourceVersion, int Listing);

    readonly Dictionary<(string? Namespace, string Name), Entry> objects = [];
    int listing;

    /// <summary>A listing begins: what it does not name will have gone.</summary>
    public void BeginListing() => listing++;

    /// <summary>The changes to tell about an object that is there, oldest first.</summary>
    public IEnumerable<(WatchChange Change, KubeMetadata Of)> Seen(KubeMetadata now)
    {
        var key = (now.Namespace, now.Name);
        var had = objects.TryGetValue(key, out var before);
        objects[key] = new(now.Uid, now.ResourceVersion, listing);
        if (!had)
            return [(WatchChange.Added, now)];
        if (before.Uid != now.Uid)
            return [(WatchChange.Deleted, Metadata(key, before)), (WatchChange.Added, now)];
        return before.ResourceVersion == now.ResourceVersion ? [] : [(WatchChange.Modified, now)];
    }

    /// <returns>Whether it was known.</returns>
    public bool Gone(KubeMetadata last) => objects.Remove((last.Namespace, last.Name));

    /// <summary>What the listing that ends did not name.</summary>
    public List<KubeMetadata> EndListing()
    {
        var gone = objects.Where(one => one.Value.Listing != listing).Select(one => Metadata(one.Key, one.Value)).ToList();
        gone.ForEach(one => Gone(one));
        return gone;
    }

    static KubeMetadata Metadata((string? Namespace, string Name) key, Entry entry) =>
        new() { Namespace = key.Namespace, Name = key.Name, Uid = entry.Uid, ResourceVersion = entry.ResourceVersion };
}
