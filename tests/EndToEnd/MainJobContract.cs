using System.Text.Json;
using BackupRunner.Storage;
using BackupRunner.Tests.Archive;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.EndToEnd;

/// <summary>What a user does, over every provider.</summary>
public abstract class MainJobContract : SiteContract
{
    [Fact]
    public async Task A_folder_comes_back_as_it_was()
    {
        OddTree.Build(Site.Data);
        var before = OddTree.Fingerprint(Site.Data);
        var id = await Site.BackUp();
        Shell.Bash($"find {Site.Data} -mindepth 1 -delete; echo other >{Site.Data}/other; chmod 0711 {Site.Data}");
        (await Site.Run("restore", "--backup", id)).Exited(0);
        Assert.Equal(before, OddTree.Fingerprint(Site.Data));
        (await Site.Run("verify", "--backup", id)).Exited(0);
    }

    [Fact]
    public async Task Stock_tools_read_what_was_stored()
    {
        Shell.Bash($"cd {Site.Data}; seq 1 400000 >numbers; mkdir -p a/b; echo x >a/b/c; ln a/b/c d");
        await Site.BackUp();
        Shell.Bash($"""
            cd {await Site.Download()}
            sha256sum -c --strict backup.tar.gz.sha256
            gzip -t backup.tar.gz
            zcat backup.tar.gz | tar -t >/dev/null
            pigz -t backup.tar.gz
            mkdir {Site.Scratch["stock"]}
            tar -xzf backup.tar.gz -C {Site.Scratch["stock"]}
            diff -r {Site.Data} {Site.Scratch["stock"]}
            test "$(jq -r .object.sha256 backup.json)  backup.tar.gz" = "$(cat backup.tar.gz.sha256)"
            test "$(jq -r .object.bytes backup.json)" = "$(stat -c %s backup.tar.gz)"
            test "$(jq -r .archive.files backup.json)" = 2
            """);
    }

    [Fact]
    public async Task Members_are_found_by_their_extra_field_as_the_format_says()
    {
        Shell.Bash($"seq 1 1000000 >{Site.Data}/numbers");
        await Site.BackUp();
        var folder = await Site.Download();
        var gzip = await File.ReadAllBytesAsync(Path.Join(folder, "backup.tar.gz"), Cancel);
        var members = 0;
        var raw = 0L;
        for (var at = 0; at < gzip.Length; members++)
        {
            byte[] expected = [0x1f, 0x8b, 8, 4, 0, 0, 0, 0, gzip[at + 8], 0xff, 8, 0, (byte)'B', (byte)'R', 4, 0];
            Assert.Equal(expected, gzip[at..(at + 16)]);
            var length = (int)BitConverter.ToUInt32(gzip, at + 16);
            var size = BitConverter.ToUInt32(gzip, at + length - 4);
            Assert.True(size == 1 << 20 || at + length == gzip.Length, $"member {members} holds {size}");
            raw += size;
            at += length;
        }
        var manifest = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Join(folder, "backup.json"), Cancel)).RootElement;
        Assert.True(members > 5);
        Assert.Equal(0, raw % 10_240);
        Assert.InRange(manifest.GetProperty("archive").GetProperty("tarBytes").GetInt64(), raw - 10_239, raw);
    }

    [Fact]
    public async Task An_empty_folder_is_backed_up_with_a_warning_and_comes_back_empty()
    {
        var result = (await Site.Run("backup")).Exited(0);
        Assert.Contains("is empty", result.Error, StringComparison.Ordinal);
        Site.Scratch.File("data/later", "x");
        (await Site.Run("restore", "--latest")).Exited(0);
        Assert.Empty(Directory.GetFileSystemEntries(Site.Data));
    }

    [Fact]
    public async Task A_lost_folder_is_restored_by_the_name_that_it_had()
    {
        Site.Scratch.File("data/one", "1");
        await Site.BackUp();
        Directory.Delete(Site.Data, recursive: true);
        (await Site.Run("restore", "--latest")).Exited(0);
        Assert.Equal("1", await File.ReadAllTextAsync(Site.Scratch["data/one"], Cancel));
    }

    [Fact]
    public async Task Another_folders_backup_is_restored_only_when_it_is_named()
    {
        Site.Scratch.File("data/one", "1");
        var id = await Site.BackUp();
        var elsewhere = Site.Scratch.File("elsewhere/two", "2")[..^4];
        string[] target = ["restore", .. Site.Store(), "--data", elsewhere];
        (await Site.Runner.InProcess([.. target, "--latest"])).Exited(2);
        var refused = (await Site.Runner.InProcess([.. target, "--backup", id])).Exited(2);
        Assert.Contains("--allow-other-target", refused.Error, StringComparison.Ordinal);
        Assert.Equal(["two"], Directory.GetFiles(elsewhere).Select(Path.GetFileName));
        (await Site.Runner.InProcess([.. target, "--backup", id, "--allow-other-target"])).Exited(0);
        Assert.Equal(["one"], Directory.GetFiles(elsewhere).Select(Path.GetFileName));
        var series = Path.GetFileName(Path.GetDirectoryName(Path.GetDirectoryName(await Site.Download())))!["folder.".Length..];
        (await Site.Runner.InProcess([.. target, "--workload", "folder/" + series, "--latest", "--keep-old-data"])).Exited(0);
        Assert.Single(Directory.GetDirectories(Path.Join(elsewhere, ".backup-restore/kept")));
    }

    [Fact]
    public async Task A_backup_of_another_cluster_is_taken_only_when_that_is_said()
    {
        Site.Scratch.File("data/one", "1");
        string[] redis = ["--workload", "StatefulSet/redis", "--namespace", "shop", "--claim", "data-redis-0"];
        await Site.BackUp([.. redis, "--cluster", "old"]);
        Assert.All(await Site.Keys(), key => Assert.StartsWith("old/shop/statefulset.redis/data-redis-0/", key, StringComparison.Ordinal));
        (await Site.Run("restore", [.. redis, "--cluster", "new", "--latest"])).Exited(2);
        (await Site.Run("restore", [.. redis, "--cluster", "new", "--from-cluster", "old", "--latest"])).Exited(0);
    }

    [Fact]
    public async Task A_backup_of_another_claim_is_taken_from_that_one_alone_when_it_is_said()
    {
        Site.Scratch.File("data/one", "1");
        string[] Redis(string claim) => ["--workload", "statefulset/redis", "--namespace", "shop", "--cluster", "c", "--claim", claim];
        var id = await Site.BackUp(Redis("data-redis-0"));
        Task<RunnerResult> Restore(string from) => Site.Run("restore", [.. Redis("data-redis-1"), "--backup", id, "--from", from]);
        Assert.Contains("not KIND/NAME/CLAIM", (await Restore("redis/data-redis-0")).Exited(2).Error, StringComparison.Ordinal);
        Assert.Contains("not of c/shop/statefulset/redis/data-redis-2", (await Restore("statefulset/redis/data-redis-2")).Exited(2).Error, StringComparison.Ordinal);
        (await Restore("StatefulSet/redis/data-redis-0")).Exited(0);
        (await Site.Run("restore", [.. Redis("data-redis-1"), "--latest", "--from", "statefulset/redis/data-redis-0"])).Exited(0);
    }

    [Fact]
    public async Task Files_that_cannot_be_kept_are_warnings_in_output_report_and_manifest()
    {
        Shell.Bash($"cd {Site.Data}; mknod null c 1 3; echo x >file");
        using var socket = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
        socket.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(Site.Scratch["data/socket"]));
        var result = (await Site.Run("backup", "--report", Site.Scratch["report.json"])).Exited(0);
        var manifest = Shell.Bash($"jq -r '.archive.warnings[] | .names[]' {await Site.Download()}/backup.json | sort");
        Assert.Equal("./null\n./socket\n", manifest);
        var report = Shell.Bash($"jq -r '.warnings[]' {Site.Scratch["report.json"]}");
        Assert.All(new[] { result.Error, report }, told =>
        {
            Assert.Contains("./null", told, StringComparison.Ordinal);
            Assert.Contains("./socket", told, StringComparison.Ordinal);
        });
        Assert.Equal("0 done", Shell.Bash($"jq -r '\"\\(.exitCode) \\(.backups[0].result)\"' {Site.Scratch["report.json"]}").Trim());
    }

    [Fact]
    public async Task Lists_as_a_table_and_as_json()
    {
        Assert.Equal("[]", (await Site.Run("list", "--output", "json")).Exited(0).Out.Trim());
        Site.Scratch.File("data/one", "1");
        var first = await Site.BackUp();
        var second = await Site.BackUp();
        var table = (await Site.Runner.InProcess(["list", .. Site.Store()])).Exited(0).Out;
        Assert.Contains(first, table, StringComparison.Ordinal);
        Assert.Contains(second, table, StringComparison.Ordinal);
        var json = JsonDocument.Parse((await Site.Run("list", "--output", "json")).Exited(0).Out).RootElement;
        string[] ids = [first, second];
        Assert.Equal(ids.Order(StringComparer.Ordinal), json.EnumerateArray().Select(backup => backup.GetProperty("id").GetString()!));
        Assert.All(json.EnumerateArray(), backup => Assert.Equal(("complete", 1), (backup.GetProperty("status").GetString(), backup.GetProperty("files").GetInt32())));
    }

    [Fact]
    public async Task Retention_runs_after_a_backup_and_by_prune()
    {
        Site.Scratch.File("data/one", "1");
        var clock = new SetClock(new DateTimeOffset(2026, 1, 1, 2, 0, 0, TimeSpan.Zero));
        var runner = Site.Runner with { Clock = clock };
        string[] named = ["--data", Site.Data, .. Site.Store("retention: {keepCount: 2, remoteRetention: 10d}")];
        for (var day = 0; day < 15; day++, clock.Now += TimeSpan.FromDays(1))
            (await runner.InProcess(["backup", .. named])).Exited(0);
        Assert.Equal(11, await Count());
        clock.Now += TimeSpan.FromDays(100);
        Assert.Contains("would remove", (await runner.InProcess(["prune", .. named, "--dry-run"])).Exited(0).Out, StringComparison.Ordinal);
        Assert.Equal(11, await Count());
        (await runner.InProcess(["prune", .. named])).Exited(0);
        Assert.Equal(2, await Count());

        async Task<int> Count() =>
            JsonDocument.Parse((await runner.InProcess(["list", .. named, "--output", "json"])).Exited(0).Out).RootElement.GetArrayLength();
    }

    [Fact]
    public async Task A_clock_that_jumps_back_loses_no_backup()
    {
        Site.Scratch.File("data/one", "1");
        var clock = new SetClock(new DateTimeOffset(2026, 6, 1, 2, 0, 0, TimeSpan.Zero));
        string[] named = ["--data", Site.Data, .. Site.Store("retention: {keepCount: 1, remoteRetention: 5d}")];
        var runner = Site.Runner with { Clock = clock };
        (await runner.InProcess(["backup", .. named])).Exited(0);
        clock.Now -= TimeSpan.FromDays(60);
        var result = (await runner.InProcess(["backup", .. named])).Exited(0);
        Assert.Contains("started in the future", result.Error, StringComparison.Ordinal);
        Assert.Equal(2, JsonDocument.Parse((await runner.InProcess(["list", .. named, "--output", "json"])).Out).RootElement.GetArrayLength());
    }

    [Fact]
    public async Task Everything_lies_below_the_prefix_and_nothing_else_is_touched()
    {
        Site.Scratch.File("data/one", "1");
        await Site.Objects.Put("other/team/backup.json", "{}"u8.ToArray(), Cancel);
        string[] named = ["--data", Site.Data, .. Site.Prefixed("team a/nightly")];
        (await Site.Runner.InProcess(["backup", .. named])).Exited(0);
        (await Site.Runner.InProcess(["check", .. named])).Exited(0);
        Site.Scratch.File("data/one", "2");
        (await Site.Runner.InProcess(["restore", .. named, "--latest"])).Exited(0);
        Assert.Equal("1", await File.ReadAllTextAsync(Site.Scratch["data/one"], Cancel));
        (await Site.Runner.InProcess(["prune", .. named])).Exited(0);
        var keys = await Site.Keys();
        Assert.Equal(4, keys.Count);
        Assert.Equal(3, keys.Count(key => key.StartsWith("team a/nightly/local/local/folder.data-", StringComparison.Ordinal)));
        (await Site.Run("restore", "--latest")).Exited(2);
    }

    [Fact]
    public async Task Check_proves_the_store_and_leaves_nothing_in_it()
    {
        Site.Scratch.File("data/one", "1");
        Assert.Contains("ok      store ", (await Site.Run("check")).Exited(0).Out, StringComparison.Ordinal);
        Assert.Empty(await Site.Keys());
        Assert.Empty(await Site.Objects.ListUploads("", Cancel).ToListAsync(Cancel));
    }
}
