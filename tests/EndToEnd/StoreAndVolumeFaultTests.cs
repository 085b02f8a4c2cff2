using BackupRunner.Tests.Archive;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.EndToEnd;

public sealed class StoreAndVolumeFaultTests : IDisposable
{
    const string Nobody = "65534";

    readonly Laptop laptop = new();

    public void Dispose() => laptop.Dispose();

    [Fact]
    public async Task A_full_store_ends_the_backup_and_keeps_none_of_it()
    {
        using var small = Mounted.Tmpfs("size=2m");
        Shell.Bash($"head -c 8M /dev/urandom >{laptop.Data}/random");
        var result = (await laptop.Runner.InProcess("backup", "--data", laptop.Data, "--store", small.Path)).Exited(4);
        Assert.Contains("no space left", result.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(small.Path));
    }

    /// <summary>A power cut leaves no name without its content and brings no name back: seen from the calls, since a test can cut no power.</summary>
    [Fact]
    public async Task What_is_stored_is_on_the_disk_before_it_has_its_name_and_every_change_of_names_before_the_run_goes_on()
    {
        laptop.Scratch.File("data/one", "1");
        Assert.Equal(3, await Renamed("backup"));
        // A day later, of a run that was killed.
        Shell.Bash($"cd {laptop.Store}; rm \"$(find . -name backup.json)\"; find . -type f -exec touch -d '25 hours ago' {{}} +");
        await Renamed("prune");
        Assert.Equal("", laptop.Stored());

        async Task<int> Renamed(string verb)
        {
            var trace = laptop.Scratch["trace"];
            var traced = laptop.Runner with { Prefix = ["strace", "-f", "-y", "-qqq", "-o", trace, "-e", "trace=fsync,mkdir,rename,unlink"] };
            (await traced.Run(verb, "--data", laptop.Data, "--store", laptop.Store)).Exited(0);
            var calls = await File.ReadAllLinesAsync(trace, TestContext.Current.CancellationToken);
            var renamed = 0;
            for (var at = 0; at < calls.Length; at++)
            {
                if (calls[at].Split('"') is not [var call, var path, ..] || !path.StartsWith(laptop.Store + "/", StringComparison.Ordinal))
                    continue;
                Assert.Contains(calls.Skip(at), later => Syncs(later, Path.GetDirectoryName(path)!));
                if (!call.Contains("rename", StringComparison.Ordinal))
                    continue;
                renamed++;
                Assert.Contains(calls.Take(at), earlier => Syncs(earlier, path));
            }
            return renamed;
        }

        static bool Syncs(string call, string path) => call.Contains("fsync(", StringComparison.Ordinal) && call.Contains($"<{path}>", StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_read_only_store_ends_the_backup_before_anything_runs()
    {
        using var readOnly = Mounted.Tmpfs("size=1m");
        readOnly.Remount("ro");
        var policy = laptop.Policy($"backup: {{settings: {{consistency: {{enabled: true, command: 'touch {laptop.Scratch["ran"]}'}}}}}}");
        (await laptop.Runner.InProcess("backup", "--data", laptop.Data, "--store", readOnly.Path, "--policy", policy)).Exited(4);
        Assert.False(File.Exists(laptop.Scratch["ran"]));
    }

    [Theory]
    [InlineData("no-such-folder")]
    [InlineData("file")]
    public async Task Data_that_is_no_folder_is_a_volume_failure(string name)
    {
        laptop.Scratch.File("file");
        (await laptop.Runner.InProcess("backup", "--data", laptop.Scratch[name], "--store", laptop.Store)).Exited(6);
        Assert.Equal("", laptop.Stored());
    }

    [Fact]
    public async Task Data_that_the_user_may_not_read_is_a_volume_failure_that_names_it()
    {
        laptop.Scratch.File("data/open", "x");
        laptop.Scratch.File("data/secret/inside", "x");
        Shell.Bash($"chmod 0777 {laptop.Scratch.Path}; chmod 0700 {laptop.Data}/secret");
        var nobody = laptop.Runner with { Prefix = ["setpriv", "--reuid", Nobody, "--regid", Nobody, "--clear-groups"] };
        var result = (await nobody.Run("backup", "--data", laptop.Data, "--store", laptop.Store)).Exited(6);
        Assert.Contains("./secret", result.Error, StringComparison.Ordinal);
        Shell.Bash($"chmod 0700 {laptop.Data}");
        (await nobody.Run("backup", "--data", laptop.Data, "--store", laptop.Store)).Exited(6);
        Assert.Equal("", laptop.Stored());
    }

    [Theory]
    [InlineData("size=6m")]
    [InlineData("size=20m,nr_inodes=30")]
    public async Task Too_little_room_for_staging_touches_nothing_and_in_place_goes_through(string options)
    {
        using var volume = Mounted.Tmpfs(options);
        Shell.Bash($"cd {volume.Path}; for i in $(seq 20); do head -c 200K /dev/urandom >$i; done");
        string[] named = ["--data", volume.Path, "--store", laptop.Store];
        (await laptop.Runner.InProcess(["backup", .. named])).Exited(0);
        Shell.Bash($"cd {volume.Path}; echo changed >1");
        var before = OddTree.Fingerprint(volume.Path);
        (await laptop.Runner.InProcess(["restore", .. named, "--latest"])).Exited(6);
        Assert.Equal(before, OddTree.Fingerprint(volume.Path));
        (await laptop.Runner.InProcess(["restore", .. named, "--latest", "--in-place"])).Exited(0);
        Assert.Equal("204800\n", Shell.Bash($"stat -c %s {volume.Path}/1"));
        Assert.False(Directory.Exists(Path.Join(volume.Path, ".backup-restore")));
    }

    [Fact]
    public async Task A_target_that_cannot_be_written_is_a_volume_failure()
    {
        using var volume = Mounted.Tmpfs("size=4m");
        Shell.Bash($"echo 1 >{volume.Path}/one");
        string[] named = ["--data", volume.Path, "--store", laptop.Store];
        (await laptop.Runner.InProcess(["backup", .. named])).Exited(0);
        volume.Remount("ro");
        (await laptop.Runner.InProcess(["restore", .. named, "--latest"])).Exited(6);
    }

    [Fact]
    public async Task Lost_and_found_is_neither_read_nor_moved_even_when_it_may_not_be_read()
    {
        Shell.Bash($"mkdir -m 0700 {laptop.Data}/lost+found; echo x >{laptop.Data}/lost+found/inode; chmod 0777 {laptop.Scratch.Path}; echo 1 >{laptop.Data}/one; chown -R {Nobody}:{Nobody} {laptop.Data}; chown -R 0:0 {laptop.Data}/lost+found");
        var nobody = laptop.Runner with { Prefix = ["setpriv", "--reuid", Nobody, "--regid", Nobody, "--clear-groups"] };
        (await nobody.Run("backup", "--data", laptop.Data, "--store", laptop.Store)).Exited(0);
        Assert.DoesNotContain("lost+found", Shell.Bash($"tar -tzf {laptop.Folder()}/backup.tar.gz"), StringComparison.Ordinal);
        Shell.Bash($"echo 2 >{laptop.Data}/one");
        (await nobody.Run("restore", "--data", laptop.Data, "--store", laptop.Store, "--latest")).Exited(0);
        Assert.Equal("1\nx\n", Shell.Bash($"cat {laptop.Data}/one {laptop.Data}/lost+found/inode"));
    }

    [Fact]
    public async Task A_volume_in_the_middle_of_a_restore_is_not_backed_up_as_good()
    {
        laptop.Scratch.File("data/one", "1");
        var id = await laptop.BackUp();
        Shell.Bash($"mkfifo {laptop.Scratch["gate"]}; echo 2 >{laptop.Data}/one");
        var policy = laptop.Policy($"backup: {{restore: {{healthCommand: 'echo waiting; cat {laptop.Scratch["gate"]}'}}}}");
        await using (var killed = laptop.Start("restore", "--backup", id, "--policy", policy))
        {
            await killed.Said("waiting");
            killed.Signal("KILL");
            await killed.Ended;
        }
        // The command outlives the runner, in a session of its own.
        Shell.Bash($"echo >{laptop.Scratch["gate"]}");
        var stored = laptop.Stored();
        Assert.Contains("--resume", (await laptop.Run("backup")).Exited(6).Error, StringComparison.Ordinal);
        Assert.Equal(stored, laptop.Stored());
        (await laptop.Run("restore", "--resume")).Exited(0);
        Assert.Equal("1", await File.ReadAllTextAsync(laptop.Scratch["data/one"], TestContext.Current.CancellationToken));
        await laptop.BackUp();
    }

    [Fact]
    public async Task Everything_is_given_to_one_owner_and_keeps_setuid_capabilities_and_lists()
    {
        Shell.Bash($"""
            cd {laptop.Data}
            mkdir -p d/e; echo >d/e/f; ln -s /etc/passwd d/link; ln d/e/f hard; cp /bin/true suid; chmod 6755 suid; cp /bin/true cap
            setfattr -n security.capability -v 0x0100000200040000000000000000000000000000 cap
            setfacl -m u:5:r d/e/f
            """);
        var kept = Kept();
        await laptop.BackUp();
        (await laptop.Run("restore", "--latest", "--policy", laptop.Policy("backup: {restore: {owner: '1234:5678'}}"))).Exited(0);
        Assert.Equal("1234:5678\n", Shell.Bash($"find {laptop.Data} -printf '%U:%G\\n' | sort -u"));
        Assert.Equal("0:0\n", Shell.Bash("stat -c %u:%g /etc/passwd"));
        Assert.Equal(kept, Kept());

        string Kept() => Shell.Bash($"cd {laptop.Data}; stat -c %a suid; getfattr -dm - -e hex cap d/e/f");
    }

    [Fact]
    public async Task Data_that_is_not_healthy_after_the_swap_makes_way_for_the_old()
    {
        laptop.Scratch.File("data/one", "1");
        var id = await laptop.BackUp();
        laptop.Scratch.File("data/one", "2");
        var before = OddTree.Fingerprint(laptop.Data);
        var policy = laptop.Policy("backup: {restore: {healthCommand: 'grep 2 {{ Values.dataPath }}/one'}}");
        (await laptop.Run("restore", "--backup", id, "--policy", policy)).Exited(3);
        Assert.Equal(before, OddTree.Fingerprint(laptop.Data));
        (await laptop.Run("restore", "--backup", id, "--policy", laptop.Policy("backup: {restore: {healthCommand: 'grep 1 {{ Values.dataPath }}/one'}}"))).Exited(0);
        Assert.Equal("1", await File.ReadAllTextAsync(laptop.Scratch["data/one"], TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_store_inside_the_data_is_refused_and_so_is_a_target_around_the_store()
    {
        laptop.Scratch.File("data/one", "1");
        (await laptop.Runner.InProcess("backup", "--data", laptop.Data, "--store", laptop.Scratch["data/store"])).Exited(2);
        Assert.False(Directory.Exists(laptop.Scratch["data/store"]));
        Shell.Bash($"ln -s {laptop.Data} {laptop.Scratch["link"]}");
        (await laptop.Runner.InProcess("backup", "--data", laptop.Data, "--store", laptop.Scratch["link/store"])).Exited(2);
        (await laptop.Runner.InProcess("backup", "--data", laptop.Scratch["link"], "--store", laptop.Scratch["data/store"])).Exited(2);
        await laptop.BackUp();
        (await laptop.Runner.InProcess("restore", "--data", laptop.Scratch.Path, "--store", laptop.Store, "--latest")).Exited(2);
    }
}
