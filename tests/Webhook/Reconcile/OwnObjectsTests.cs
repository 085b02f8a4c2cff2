using System.Text.Json;
using BackupRunner.Kube;
using BackupRunner.Names;
using BackupRunner.Webhook.Reconcile;

namespace BackupRunner.Tests.Webhook;

/// <summary>What is remembered of our objects, and what a new watch makes of what an old one told.</summary>
public sealed class OwnObjectsTests
{
    static readonly ObjectKey Key = new("configmaps", "default", "one");

    static OwnObject Object(int bytes = 10, string name = "one", string uid = "u") => OwnObject.Of("configmaps", new KubeObject
    {
        Metadata = new KubeMetadata { Name = name, Namespace = "default", Uid = uid, Labels = new() { [ClusterNames.ForLabel] = "statefulset.db" } },
        Unknown = new() { ["data"] = JsonSerializer.SerializeToElement(new string('x', bytes)) },
    })!;

    [Fact]
    public void An_answer_is_not_put_over_what_was_told_after_the_write_began()
    {
        var own = new OwnObjects();
        var mark = own.Mark(Key);
        // Made by us, seen, and deleted by somebody, before we had our answer.
        own.Put(Object());
        own.Remove(Key);

        own.PutAnswer(Object(), mark);

        Assert.Null(own.Find(Key));
        own.PutAnswer(Object(), own.Mark(Key));
        Assert.NotNull(own.Find(Key));
        Assert.Single(own.For("default", "statefulset.db"));
    }

    [Fact]
    public void Of_all_objects_together_no_more_than_so_many_bytes_are_kept()
    {
        var own = new OwnObjects();
        for (var n = 0; n < 3000; n++)
            own.Put(Object(60_000, $"n{n}"));
        var all = own.For("default", "statefulset.db");

        Assert.Equal(3000, all.Count);
        Assert.InRange(all.Sum(one => (long)(one.Fields?.Length ?? 0)), OwnObjects.MostBytes / 2, OwnObjects.MostBytes);
        own.Remove(new("configmaps", "default", "n0"));
        own.Put(Object(60_000, "again"));
        Assert.NotNull(own.Find(new("configmaps", "default", "again"))!.Fields);
    }

    [Fact]
    public void A_large_one_is_known_by_its_digest()
    {
        var (one, other) = (Object(100_000), Object(100_001));

        Assert.Null(one.Fields);
        Assert.False(one.IsLike(other));
        Assert.True(one.IsLike(Object(100_000)));
    }

    [Fact]
    public void What_a_new_watch_does_not_list_has_gone()
    {
        var there = new HashSet<string>();
        var kind = new WatchedKind<KubeObject>(OwnKinds.Of("configmaps"), null, new(), item => there.Add(item.Metadata.Name), (_, name) => there.Remove(name));
        static WatchEvent<KubeObject> Told(string name) => new(WatchChange.Added, new KubeObject { Metadata = new KubeMetadata { Name = name, Namespace = "default" } });
        kind.Begin();
        kind.Take(Told("a"));
        kind.Take(Told("b"));
        Assert.True(kind.Take(new(WatchChange.Synced, null)));

        kind.Begin();
        kind.Take(Told("b"));
        Assert.Equal(["a", "b"], there.Order());
        kind.Take(new(WatchChange.Synced, null));

        Assert.Equal(["b"], there);
    }
}
