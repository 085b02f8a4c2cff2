using System.Text.RegularExpressions;
using BackupRunner.Backups;
using BackupRunner.Names;
using BackupRunner.Storage;
using BackupRunner.Tests.Archive;
using BackupRunner.Tests.Backups;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.EndToEnd;

/// <summary>What a user meets whose store is on a network: one sealed subclass a provider.</summary>
public abstract partial class RemoteContract : SiteContract
{
    IRemoteStoreUnderTest remote = null!;

    protected abstract Task<IRemoteStoreUnderTest> CreateRemote();

    protected sealed override async Task<IStoreUnderTest> CreateStore() => remote = await CreateRemote();

    [Fact]
    public async Task A_bucket_that_does_not_exist_ends_the_backup_before_anything_runs()
    {
        Site.Scratch.File("data/one", "1");
        var marker = Site.Scratch["ran"];
        string[] named = ["--data", Site.Data, .. Site.Store(remote.PolicyYamlOfMissing, $"settings: {{consistency: {{enabled: true, command: 'touch {marker}'}}}}")];
        var refused = (await Site.Runner.InProcess(["backup", .. named])).Exited(4);
        Assert.Contains("missing", refused.Error, StringComparison.Ordinal);
        Assert.Contains("hint: ", refused.Error, StringComparison.Ordinal);
        AssertNotRepeated(refused);
        Assert.DoesNotContain("could not remove", refused.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(marker));
        foreach (var verb in new[] { "list", "check", "verify", "restore", "prune" })
        {
            string[] more = verb switch { "list" => [], "verify" or "restore" => ["--latest"], _ => [] };
            (await Site.Runner.InProcess([verb, .. named, .. more])).Exited(4);
        }
    }

    /// <summary>But where the server itself was not able to answer, as Swift is not now and then on a busy machine.</summary>
    static void AssertNotRepeated(RunnerResult refused) => Assert.DoesNotContain(
        refused.Error.Split('\n'), line => line.Contains("trying again", StringComparison.Ordinal) && !ServerFailed().IsMatch(line));

    [GeneratedRegex(@"\b50[0-9]\b")]
    private static partial Regex ServerFailed();

    [Fact]
    public async Task A_wrong_secret_ends_the_backup_before_anything_runs_and_is_not_shown()
    {
        Site.Scratch.File("data/one", "1");
        Shell.Bash($"cp -r {remote.CredentialsFolder} {Site.Scratch["wrong"]}");
        var (file, content) = remote.WrongSecret;
        Site.Scratch.File("wrong/" + file, content);
        string[] named = ["--data", Site.Data, .. Site.Store(remote.PolicyYaml, "", Site.Scratch["wrong"])];
        var refused = (await Site.Runner.InProcess(["backup", .. named, "--report", Site.Scratch["report.json"], "--output", "json"])).Exited(4);
        Assert.Contains("hint: ", refused.Error, StringComparison.Ordinal);
        AssertNotRepeated(refused);
        foreach (var told in new[] { refused.Error, refused.Out, await File.ReadAllTextAsync(Site.Scratch["report.json"], Cancel) })
            Assert.All(content.Split('\n').Where(line => line.Length > 20), line => Assert.DoesNotContain(line.Trim('"', ' '), told, StringComparison.Ordinal));
        Assert.Empty(await Site.Keys());
    }

    [Fact]
    public async Task A_proxy_of_the_environment_is_used()
    {
        Site.Scratch.File("data/one", "1");
        await using var proxy = await FaultProxy.Start(remote.Server, Cancel);
        var runner = Site.Runner with { Variables = new Dictionary<string, string> { ["http_proxy"] = proxy.Address.GetLeftPart(UriPartial.Authority), ["no_proxy"] = "" } };
        (await runner.Run(["backup", "--data", Site.Data, .. Site.Store()])).Exited(0);
        Assert.Contains(proxy.Requests, request => request.Target.StartsWith(remote.Server.GetLeftPart(UriPartial.Authority), StringComparison.Ordinal));
        (await Site.Run("verify", "--latest")).Exited(0);
    }

    [Fact]
    public async Task A_server_of_a_private_authority_is_trusted_by_ca_crt_and_by_nothing_else()
    {
        OddTree.Build(Site.Data);
        var before = OddTree.Fingerprint(Site.Data);
        using var authority = new TestAuthority();
        using var certificate = authority.Issue("localhost");
        await using var tls = await FaultProxy.Start(remote.Server, certificate, Cancel);
        Shell.Bash($"cp -r {remote.CredentialsFolder} {Site.Scratch["private"]}");
        string[] named = ["--data", Site.Data, .. Site.Store(remote.PolicyYamlAt(tls.Address), "", Site.Scratch["private"])];

        var refused = (await Site.Runner.InProcess(["backup", .. named])).Exited(4);
        Assert.Contains("not trusted", refused.Error, StringComparison.Ordinal);
        Assert.Contains("\"ca.crt\"", refused.Error, StringComparison.Ordinal);

        Site.Scratch.File("private/ca.crt", authority.Pem);
        (await Site.Runner.InProcess(["backup", .. named])).Exited(0);
        Shell.Bash($"find {Site.Data} -mindepth 1 -delete");
        (await Site.Runner.InProcess(["restore", .. named, "--latest"])).Exited(0);
        Assert.Equal(before, OddTree.Fingerprint(Site.Data));
    }

    [Fact]
    public async Task A_run_that_meets_every_kind_of_fault_stores_a_good_backup_and_says_what_it_met()
    {
        Shell.Bash($"head -c 40M /dev/urandom >{Site.Data}/random");
        await using var proxy = await FaultProxy.Start(remote.Server, Cancel);
        string[] named = ["--data", Site.Data, .. Site.Store(remote.PolicyYamlAt(proxy.Address), "")];
        var number = 0;
        foreach (var fault in new Fault[] { new Fault.Answer(503, RetryAfterSeconds: 0), new Fault.CutRequest(0), new Fault.Answer(500), new Fault.DropAnswer(), new Fault.Answer(429) })
        {
            var every = 3 + number++;
            var seen = 0;
            proxy.Spoil(_ => Interlocked.Increment(ref seen) % every == 0, fault, times: 2);
        }
        var result = (await Site.Runner.InProcess(["backup", .. named])).Exited(0);
        Assert.Contains("trying again in", result.Error, StringComparison.Ordinal);
        proxy.Spoil(request => request.Method == "GET", new Fault.CutAnswer(20_000_000), times: 1);
        (await Site.Runner.InProcess(["verify", .. named, "--all"])).Exited(0);
        Assert.Equal(3, (await Site.Keys()).Count);
        Assert.Empty(await Site.Objects.ListUploads("", Cancel).ToListAsync(Cancel));
    }

    [Fact]
    public async Task A_run_that_is_told_to_stop_in_the_middle_of_a_part_aborts_its_upload()
    {
        var (held, result) = await EndInTheMiddle("TERM");
        Assert.Equal(143, result.ExitCode);
        Assert.Empty(await Site.Keys());
        Assert.Empty(await Site.Objects.ListUploads("", Cancel).ToListAsync(Cancel));
        held.Released.SetResult();
    }

    [Fact]
    public async Task A_run_that_is_killed_in_the_middle_of_a_part_leaves_no_backup_and_does_not_hinder_the_next()
    {
        var (held, _) = await EndInTheMiddle("KILL");
        Assert.Empty(await Site.Keys());
        Assert.Equal("[]", (await Site.Run("list", "--output", "json")).Exited(0).Out.Trim());
        await Site.BackUp();
        (await Site.Run("verify", "--latest")).Exited(0);
        held.Released.SetResult();
    }

    async Task<(Fault.Hold Held, RunnerResult Result)> EndInTheMiddle(string signal)
    {
        Shell.Bash($"head -c 40M /dev/urandom >{Site.Data}/random");
        await using var proxy = await FaultProxy.Start(remote.Server, Cancel);
        var held = new Fault.Hold();
        proxy.Spoil(request => request is { Method: "PUT", Bytes: > 1_000_000 }, held);
        await using var run = Site.Runner.Start(["backup", "--data", Site.Data, .. Site.Store(remote.PolicyYamlAt(proxy.Address), "")]);
        await Task.WhenAny(held.Held.Task, run.Ended).WaitAsync(Cancel);
        run.Signal(signal);
        return (held, await run.Ended);
    }

    [Fact]
    public async Task What_a_killed_run_left_is_swept_after_a_day_and_not_before()
    {
        var stored = new Stored(Site.Objects, Stored.Redis);
        var complete = await stored.Backup(DateTimeOffset.UtcNow);
        var orphan = await stored.Backup(DateTimeOffset.UtcNow, manifest: false);
        var upload = await Site.Objects.BeginUpload(orphan.Folder + "more", Cancel);
        await upload.SendPart(1, 0, "x"u8.ToArray(), Cancel);
        var folder = BackupKeys.ClusterFolder("", Stored.Redis.Cluster);
        var listed = (await Site.Objects.ListUploads(folder, Cancel).ToListAsync(Cancel)).Count;

        Assert.Empty((await Sweep(TimeSpan.FromHours(23))).Deleted);
        var swept = await Sweep(TimeSpan.FromHours(25));
        Assert.All(swept.Deleted, deleted => Assert.Null(deleted.Problem));
        Assert.Equal(1 + listed, swept.Deleted.Count);
        Assert.Empty(await Site.Objects.ListUploads("", Cancel).ToListAsync(Cancel));
        Assert.All(await Site.Keys(), key => Assert.StartsWith(complete.Folder, key, StringComparison.Ordinal));

        async Task<Pruning> Sweep(TimeSpan later)
        {
            var pruning = new Pruning(Site.Objects, dryRun: false);
            var entries = await new BackupCatalog(Site.Objects, "", ManifestTrust.Open).Unfinished(Stored.Redis.Cluster, Cancel).ToListAsync(Cancel);
            await pruning.Sweep(entries, folder, "", DateTimeOffset.UtcNow + later, isLive: _ => false, Cancel);
            return pruning;
        }
    }
}
