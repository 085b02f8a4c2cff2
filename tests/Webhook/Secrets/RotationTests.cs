using System.Text;
using System.Text.Json.Nodes;
using BackupRunner.Keys;
using BackupRunner.Names;
using BackupRunner.Tests.Kube.Fake;
using BackupRunner.Webhook.Keys;

namespace BackupRunner.Tests.Webhook;

public sealed class RotationTests : IAsyncLifetime
{
    static readonly TimeSpan Hour = TimeSpan.FromHours(1), Interval = TimeSpan.FromDays(30), Retention = TimeSpan.FromDays(7);

    SecretScene scene = null!;

    public async ValueTask InitializeAsync() => scene = await SecretScene.Start();

    public ValueTask DisposeAsync() => scene.DisposeAsync();

    static SecretDemand[] Demands => [SecretScene.Demand("shop"), SecretScene.Demand("bank")];

    JsonNode[] All => [scene.Secret("vault", "ring")!, scene.Copy("shop")!, scene.Copy("bank")!];

    async Task<KeyId> Begin()
    {
        await scene.PutSecret("vault", "ring", new() { ["key"] = SecretScene.NewKey(out var id) }, "*");
        await scene.Pass(Demands, TimeSpan.Zero);
        return id;
    }

    /// <summary>A pass without what follows: the loop's timer is the test's.</summary>
    Task<SecretOutcome> Tend() => scene.Tend(Demands);

    [Fact]
    public async Task A_ring_is_rotated_step_by_step_and_the_old_key_goes_once_no_backup_needs_it()
    {
        var first = await Begin();
        Assert.Contains("minio://m.example.com/b", (string?)All[0]["metadata"]!["annotations"]![ClusterNames.LocationsAnnotation], StringComparison.Ordinal);
        scene.Time.Advance(Interval);
        var added = await Tend();
        Assert.Contains("a new key comes beside it", Assert.Single(added.Done), StringComparison.Ordinal);
        var second = SecretScene.Held(All[0]).Ids.Single(id => id != first);
        // In the copies already, and current nowhere.
        Assert.All(All, secret => Assert.Equal((first, true), (SecretScene.Held(secret).Current, SecretScene.Held(secret).Held.ContainsKey(second))));
        scene.Time.Advance(TimeSpan.FromMinutes(9));
        Assert.Empty((await Tend()).Done);
        scene.Time.Advance(TimeSpan.FromMinutes(2));
        await Tend();
        Assert.All(All, secret => Assert.Equal((second, true), (SecretScene.Held(secret).Current, SecretScene.Held(secret).Held.ContainsKey(first))));

        // While a backup needs it, it stays.
        scene.Store("c1/shop/statefulset.redis/d/20261122t020000z-k3x7qa", first);
        scene.Time.Advance(Retention);
        await scene.Pass(Demands, TimeSpan.FromDays(3));
        Assert.All(All, secret => Assert.Contains(first, SecretScene.Held(secret).Ids));
        Assert.InRange(scene.Jobs.Count, 4, 10);
        Assert.All(scene.Jobs, job => Assert.DoesNotContain("--below", job.Stored.Item.ToJsonString(), StringComparison.Ordinal));
        scene.Unstore("c1/shop/statefulset.redis/d/20261122t020000z-k3x7qa");
        var removed = await scene.Pass(Demands, TimeSpan.FromDays(2));
        Assert.All(All, secret => Assert.Equal(["key"], SecretScene.Names(secret)));
        Assert.DoesNotContain(first.Text, All[0].ToJsonString(), StringComparison.Ordinal);
        Assert.Empty(removed.Problems);
    }

    [Fact]
    public async Task A_restart_begins_the_waiting_anew()
    {
        await Begin();
        scene.Time.Advance(Interval);
        await Tend();
        scene.Time.Advance(TimeSpan.FromMinutes(9));
        scene.Restart();
        await Tend();
        scene.Time.Advance(TimeSpan.FromMinutes(9));
        Assert.Empty((await Tend()).Done);
        scene.Time.Advance(TimeSpan.FromMinutes(2));
        Assert.Contains("replaces", Assert.Single((await Tend()).Done), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_copy_that_lost_the_new_key_puts_the_promotion_off()
    {
        var first = await Begin();
        scene.Time.Advance(Interval);
        await Tend();
        var second = SecretScene.Held(All[0]).Ids.Single(id => id != first);
        scene.Time.Advance(TimeSpan.FromMinutes(9));
        await scene.Edit("bank", SecretScene.CopyName(), $$$"""{"data":{"key-{{{second}}}":null}}""");
        scene.Time.Advance(TimeSpan.FromMinutes(2));
        Assert.Empty((await Tend()).Done);
        Assert.Contains(second, SecretScene.Held(scene.Copy("bank")).Ids);
        scene.Time.Advance(TimeSpan.FromMinutes(11));
        Assert.Single((await Tend()).Done);
    }

    [Fact]
    public async Task Somebody_elses_secret_in_the_copys_place_does_not_keep_the_others_from_rotating()
    {
        await scene.PutSecret("bank", SecretScene.CopyName(), new() { ["key"] = "mine" });
        await scene.PutSecret("vault", "ring", new() { ["key"] = SecretScene.NewKey(out var first) }, "*");
        await Tend();
        scene.Time.Advance(Interval);
        await scene.Pass(Demands, Hour);
        Assert.NotEqual(first, SecretScene.Held(scene.Secret("vault", "ring")).Current);
    }

    [Fact]
    public async Task A_copy_that_lost_its_label_holds_up_promotion_and_removal()
    {
        var first = await Begin();
        await scene.Edit("bank", SecretScene.CopyName(), """{"metadata":{"labels":null}}""");
        scene.Time.Advance(Interval);
        var outcome = await scene.Pass(Demands, Hour);
        Assert.Equal(first, SecretScene.Held(All[0]).Current);
        Assert.Contains(outcome.Problems, problem => problem.Workload.Namespace == "bank" && problem.Problem.Contains($"it holds {first} of the ring", StringComparison.Ordinal));
        // Back in our hands it is brought into step.
        await scene.Edit("bank", SecretScene.CopyName(), $$$"""{"metadata":{"labels":{"{{{ClusterNames.ForLabel}}}":"statefulset.redis"} } }""");
        await scene.Pass(Demands, Hour);
        Assert.NotEqual(first, SecretScene.Held(All[0]).Current);
        await scene.Edit("bank", SecretScene.CopyName(), """{"metadata":{"labels":null}}""");
        scene.Time.Advance(Retention);
        await scene.Pass(Demands, Hour);
        Assert.Contains(first, SecretScene.Held(All[0]).Ids);
    }

    [Fact]
    public async Task A_key_goes_only_when_the_audit_of_every_namespace_that_stores_there_has_told_that_it_may()
    {
        var first = await Begin();
        scene.Time.Advance(Interval);
        await Tend();
        scene.Time.Advance(TimeSpan.FromMinutes(11));
        await Tend();
        scene.Time.Advance(Retention);
        await Tend();
        Assert.Equal(["bank", "shop"], scene.Jobs.Select(job => job.Key.Namespace!).Order(StringComparer.Ordinal));

        // Who may make pods in the first of them says that nothing is needed.
        await scene.EndAudits(only: "bank");
        await Tend();
        Assert.Contains(first, SecretScene.Held(All[0]).Ids);
        await scene.EndAudits();
        await Tend();
        Assert.DoesNotContain(first, SecretScene.Held(All[0]).Ids);
    }

    [Fact]
    public async Task What_one_namespace_finds_is_needed_whatever_another_says()
    {
        var first = await Begin();
        scene.Time.Advance(Interval);
        await Tend();
        scene.Time.Advance(TimeSpan.FromMinutes(11));
        await Tend();
        scene.Time.Advance(Retention + TimeSpan.FromMinutes(11));
        await Tend();
        await scene.EndAudits(only: "bank");
        scene.Store("c1/shop/statefulset.redis/d/20261122t020000z-k3x7qa", first);
        await scene.EndAudits();
        var outcome = await scene.Pass(Demands, Hour);
        Assert.Contains(first, SecretScene.Held(All[0]).Ids);
        Assert.Contains($"key {first} cannot be removed: backups in minio://m.example.com/b need it", Assert.Single(outcome.Rings).Says, StringComparison.Ordinal);
        Assert.Equal(2, scene.Jobs.Count);
    }

    [Fact]
    public async Task An_audit_that_is_refused_in_one_namespace_is_not_asked_of_the_others_every_minute()
    {
        await Begin();
        scene.Time.Advance(Interval);
        await Tend();
        scene.Time.Advance(TimeSpan.FromMinutes(11));
        await Tend();
        scene.Time.Advance(Retention + TimeSpan.FromMinutes(11));
        using var fault = scene.Api.Faults.Add(request => request.Method == "POST" && request.Path.StartsWithSegments("/apis/batch/v1/namespaces/bank/jobs"), new FakeFault.Answer(403));
        Assert.Equal(2, (await Tend()).Problems.Count);
        await scene.Pass(Demands, Hour);
        Assert.Equal("shop", Assert.Single(scene.Jobs).Key.Namespace);
    }

    [Fact]
    public async Task A_conflict_is_read_and_decided_again()
    {
        await Begin();
        scene.Time.Advance(Interval);
        var puts = 0;
        using var fault = scene.Api.Faults.Add(
            request => request.Method == "PUT" && ++puts == 1,
            new FakeFault.First(() => scene.Edit("vault", "ring", """{"data":{"note":"AAAA"}}""")));
        Assert.Single((await Tend()).Done);
        Assert.Equal(2, puts);
        Assert.Equal(3, SecretScene.Names(All[0]).Count);
        Assert.Contains("note", SecretScene.Names(All[0]));
    }

    [Fact]
    public async Task Policies_that_share_a_secret_are_heard_together_and_those_without_permission_not()
    {
        await scene.PutSecret("vault", "ring", new() { ["key"] = SecretScene.NewKey(out var first) }, "shop");
        var slow = SecretScene.Demand("shop", SecretScene.Rotating.Replace("30d", "90d", StringComparison.Ordinal));
        var fast = SecretScene.Demand("bank", SecretScene.Rotating.Replace("30d", "1d", StringComparison.Ordinal));
        await scene.Tend([slow, fast]);
        scene.Time.Advance(TimeSpan.FromDays(2));
        Assert.Empty((await scene.Tend([slow, fast])).Done);
        Assert.Equal(first, SecretScene.Held(scene.Secret("vault", "ring")).Current);
        await scene.Edit("vault", "ring", """{"metadata":{"annotations":{"backup.middleware.io/allowed-namespaces":"shop,bank"}}}""");
        Assert.Single((await scene.Tend([slow, fast])).Done);
    }

    [Fact]
    public async Task Locations_that_a_tool_took_away_are_still_known_and_those_that_cannot_be_read_stop_everything()
    {
        await Begin();
        await scene.Edit("vault", "ring", """{"metadata":{"annotations":{"backup.middleware.io/locations":"{\"key\":[\"s3://left\",\"minio://m.example.com/b\"]}"}}}""");
        await Tend();
        await scene.Edit("vault", "ring", """{"metadata":{"annotations":{"backup.middleware.io/locations":null}}}""");
        scene.Time.Advance(Interval);
        await Tend();
        Assert.Contains("s3://left", (string?)All[0]["metadata"]!["annotations"]![ClusterNames.LocationsAnnotation], StringComparison.Ordinal);
        await scene.Edit("vault", "ring", """{"metadata":{"annotations":{"backup.middleware.io/locations":"s3://left"}}}""");
        var version = scene.Version;
        scene.Time.Advance(Hour);
        Assert.All((await Tend()).Problems, problem => Assert.Contains(ClusterNames.LocationsAnnotation, problem.Problem, StringComparison.Ordinal));
        Assert.Equal(version, scene.Version);
    }

    [Fact]
    public async Task A_ring_of_64_keys_takes_no_more_and_says_so()
    {
        var fields = new Dictionary<string, string> { ["key"] = SecretScene.NewKey(out _) };
        while (fields.Count < KeyRotation.MostKeys)
        {
            var key = SecretScene.NewKey(out var id);
            fields["key-" + id] = key;
        }
        await scene.PutSecret("vault", "ring", fields, "*");
        await Tend();
        scene.Time.Advance(Interval);
        var outcome = await Tend();
        Assert.Empty(outcome.Done);
        Assert.Contains("no new key comes beside the 64", Assert.Single(outcome.Rings).Says, StringComparison.Ordinal);
        Assert.All(All, secret => Assert.Equal(64, SecretScene.Names(secret).Count));
    }

    /// <summary>Each request of two months' passes is, in one run or another, the leader's last or without an answer; another goes on. Keys that backups need are nowhere ever missing.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Whatever_write_is_the_last_of_a_leader_every_ring_opens_everything(bool isDone)
    {
        var first = await Begin();
        scene.Store("c1/shop/statefulset.redis/d/20261122t020000z-k3x7qa", first);
        var (writes, at) = (0, 1);
        using var fault = scene.Api.Faults.Add(
            request => request.Method is "POST" or "PUT" or "PATCH" or "DELETE" && request.Headers.UserAgent.ToString().StartsWith("backup-runner", StringComparison.Ordinal) && ++writes == at,
            isDone ? new FakeFault.CutAfter() : new FakeFault.Cut());
        var lost = new List<string>();
        scene.Api.Cluster.Storage.Changed += change =>
        {
            var isRing = change.Key is { Plural: "secrets", Name: "ring" } || change.Key.Name == SecretScene.CopyName();
            if (isRing && !SecretScene.Held(change.New?.Item).Ids.Contains(first))
                lost.Add($"{change.Key} at step {at}");
        };
        for (; at <= 24; at += 1, writes = 0)
        {
            scene.Restart();
            await scene.Pass(Demands, TimeSpan.FromMinutes(25));
            scene.Time.Advance(TimeSpan.FromDays(5));
        }
        Assert.Empty(lost);
        Assert.NotEqual(first, SecretScene.Held(scene.Secret("vault", "ring")).Current);
        var ids = SecretScene.Held(scene.Secret("vault", "ring")).Ids.ToHashSet();
        Assert.All(All, secret => Assert.Equal(ids, SecretScene.Held(secret).Ids.ToHashSet()));
    }

    [Fact]
    public async Task Nothing_that_is_said_holds_a_key()
    {
        await Begin();
        scene.Time.Advance(Interval);
        await scene.Pass(Demands, TimeSpan.FromDays(9));
        await scene.Edit("vault", "ring", """{"data":{"key-0123456789abcdef":"AAAA"}}""");
        await Tend();
        using (scene.Api.Faults.Add(request => request.Method is "PATCH" or "PUT", new FakeFault.Answer(500)))
            await Tend();
        await scene.Delete("vault", "ring");
        await scene.Pass(Demands, TimeSpan.Zero);
        var said = scene.Said.ToString();
        Assert.Contains("no key: it has", said, StringComparison.Ordinal);
        Assert.InRange(scene.EverKnown.Count, 2, 5);
        foreach (var hex in scene.EverKnown)
        {
            var bytes = Convert.FromHexString(hex);
            string[] spelled = [hex, hex.ToUpperInvariant(), Convert.ToBase64String(bytes), Convert.ToBase64String(Encoding.UTF8.GetBytes(hex + "\n")), Convert.ToBase64String(Encoding.UTF8.GetBytes(hex))];
            Assert.All(spelled, text => Assert.DoesNotContain(text[..^4], said, StringComparison.Ordinal));
        }
    }
}
