using BackupRunner.Kube;
using BackupRunner.Names;
using BackupRunner.Tests.Kube.Fake;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Cluster;

/// <summary><c>commands.backup</c> in the workload's container: what it leaves there, and what comes over.</summary>
public sealed class ClusterScriptTests
{
    const string Checksum = "\ncd \"$(dirname {{ Backup.archivePath | shell_quote }})\"\nsha256sum \"$(basename {{ Backup.archivePath | shell_quote }})\" > {{ Backup.checksumPath | shell_quote }}";

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("dash")]
    [InlineData("bash")]
    [InlineData("busybox")]
    public async Task The_archive_comes_over_and_nothing_of_it_stays_in_the_container(string shell)
    {
        await using var site = await ScriptSite.Start();
        site.UseShell(shell);
        // Of a run that was killed.
        foreach (var left in (string[])[site.Archive, site.Archive + ".sha256"])
            await File.WriteAllTextAsync(left, "left", Cancel);
        Shell.Bash($"mkdir {LockOf(site)}; sleep 0 & echo $! >{LockOf(site)}/process; wait");

        (await site.Backup("[ ! -e {{ Backup.archivePath | shell_quote }} ]\n[ ! -e {{ Backup.checksumPath | shell_quote }} ]\n" + ScriptSite.Tar + Checksum)).Exited(0);

        Assert.Equal("the data", site.StoredFile("./dump.rdb"));
        Assert.Equal("command", site.Scene.Manifest.GetProperty("archive").GetProperty("source").GetString());
        await site.NothingLeft();
    }

    [Theory]
    [InlineData("echo other > {{ Backup.archivePath }}\necho \"$(echo | sha256sum | cut -c 1-64)  backup.tar.gz\" > {{ Backup.checksumPath }}", "has the checksum")]
    [InlineData("echo other > {{ Backup.archivePath }}\necho nonsense > {{ Backup.checksumPath }}", "without one SHA-256 checksum")]
    [InlineData("true", "left no archive")]
    [InlineData(": > {{ Backup.archivePath }}", "left an empty archive")]
    [InlineData("ln -s /etc/passwd {{ Backup.archivePath }}", "left no archive")]
    [InlineData("mkfifo {{ Backup.archivePath }}", "left no archive")]
    [InlineData("echo half > {{ Backup.archivePath }}\nfalse\ntouch {{ Backup.archivePath }}.not-reached", "exited 1")]
    [InlineData("echo half > {{ Backup.archivePath }}\necho $unset", "unset")]
    [InlineData("echo half > {{ Backup.archivePath }}\nsleep 1000 >/dev/null 2>&1 &", "still had running")]
    [InlineData("echo half > {{ Backup.archivePath }}\nsleep 1000", "did not end within 3s")]
    [InlineData("echo half > {{ Backup.archivePath }}\nsleep 1000 &", "did not end within 3s")]
    public async Task What_a_script_leaves_is_refused_and_removed(string script, string reason)
    {
        await using var site = await ScriptSite.Start();

        // Short only for those that do not end.
        var run = (await site.Backup(script, reason.EndsWith("within 3s", StringComparison.Ordinal) ? ", timeout: 3s" : ", timeout: 2m")).Exited(3);

        Assert.Contains(reason, run.Error, StringComparison.Ordinal);
        Assert.Empty(site.Scene.Stored);
        await site.NothingLeft();
        Assert.Null((await site.Scene.Lease()).Spec?.HolderIdentity);
        EndScripts(site);
    }

    [Fact]
    public async Task A_folder_at_the_archives_path_is_named_and_left_for_a_person()
    {
        await using var site = await ScriptSite.Start();

        var first = (await site.Backup("mkdir {{ Backup.archivePath }}\necho data > {{ Backup.archivePath }}/data")).Exited(3);
        var second = (await site.Backup(site.Scene.Note("ran"))).Exited(3);

        Assert.Contains("left no archive", first.Error, StringComparison.Ordinal);
        Assert.Contains("remove it by hand", first.Error, StringComparison.Ordinal);
        Assert.Contains($"cannot remove \"{site.Archive}\"", second.Error, StringComparison.Ordinal);
        Assert.Empty(site.Scene.Ran);
        Assert.Empty(site.Scene.Stored);
    }

    [Theory]
    [InlineData(true, "too little space")]
    [InlineData(false, "No space left on device")]
    public async Task A_disk_that_is_full_is_told_before_the_script_or_by_it(bool isSeenBefore, string reason)
    {
        using var small = Mounted.Tmpfs("size=1m");
        await using var site = await ScriptSite.Start();
        site.Archive = Path.Join(small.Path, "backup.tar.gz");
        if (isSeenBefore)
            await File.WriteAllBytesAsync(Path.Join(site.Scene.Data, "large"), new byte[2 << 20], Cancel);

        var run = (await site.Backup($"{site.Scene.Note("ran")}\nhead -c 3000000 /dev/zero > {{{{ Backup.archivePath }}}}")).Exited(3);

        Assert.Contains(reason, run.Error, StringComparison.Ordinal);
        Assert.Equal(isSeenBefore ? [] : ["ran"], site.Scene.Ran);
        await site.NothingLeft();
    }

    public static TheoryData<FakeExecFault> Cuts => new(new FakeExecFault(CutAfterBytes: 10), new FakeExecFault(LoseStatus: true), new FakeExecFault(CloseWithoutStatus: true));

    [Theory]
    [MemberData(nameof(Cuts))]
    public async Task An_archive_that_does_not_all_come_over_is_no_backup(FakeExecFault fault)
    {
        await using var site = await ScriptSite.Start();
        site.Scene.Api.Execs.Break(exec => exec.Command[0] == "cat", fault);

        var run = (await site.Backup(ScriptSite.Tar)).Exited(3);

        Assert.Contains("did not all come over", run.Error, StringComparison.Ordinal);
        Assert.Empty(site.Scene.Stored);
        await site.NothingLeft();
    }

    [Fact]
    public async Task A_path_with_blanks_and_quotes_is_that_path()
    {
        await using var site = await ScriptSite.Start();
        site.Archive = site.Scene.Scratch["it's a \"$HOME\" `folder`/-the archive's.tar.gz"];

        (await site.Backup(ScriptSite.Tar + Checksum.Replace("sha256sum ", "sha256sum -- ", StringComparison.Ordinal).Replace("basename ", "basename -- ", StringComparison.Ordinal))).Exited(0);

        Assert.Equal("the data", site.StoredFile("./dump.rdb"));
        await site.NothingLeft();
    }

    [Theory]
    [InlineData("dash")]
    [InlineData("bash")]
    [InlineData("busybox")]
    public async Task Another_run_that_has_the_path_is_left_alone(string shell)
    {
        await using var site = await ScriptSite.Start();
        site.UseShell(shell);
        var (script, reached) = site.Blocked();
        await using var first = site.StartBackup(script);
        await reached(first);
        // The run of another claim of the same pod: it has a Lease of its own.
        await site.Scene.HoldLease(null);

        var second = (await site.Backup(ScriptSite.Tar)).Exited(7);

        Assert.Contains("another run uses the archive path", second.Error, StringComparison.Ordinal);
        Assert.Equal("half\n", await File.ReadAllTextAsync(site.Archive, Cancel));
        (await first.Ended).Exited(7);
        await site.NothingLeft();
    }

    [Theory]
    [InlineData("dash")]
    [InlineData("bash")]
    [InlineData("busybox")]
    public async Task A_lock_whose_number_is_another_process_by_now_is_stale(string shell)
    {
        await using var site = await ScriptSite.Start();
        site.UseShell(shell);
        Shell.Bash($"mkdir {LockOf(site)}; echo {Environment.ProcessId} >{LockOf(site)}/process");

        (await site.Backup(ScriptSite.Tar)).Exited(0);

        await site.NothingLeft();
    }

    [Fact]
    public async Task A_signal_ends_the_script_and_removes_its_archive()
    {
        await using var site = await ScriptSite.Start();
        var (script, reached) = site.Blocked();
        await using var run = site.StartBackup(script);
        await reached(run);

        run.Signal("TERM");

        (await run.Ended).Exited(143);
        await site.NothingLeft();
        Assert.All(site.Scene.Api.Execs.Begun, exec => Assert.True(exec.Ended.IsCompleted, string.Join(' ', exec.Command)));
        Assert.Empty(site.Scene.Stored);
    }

    [Fact]
    public async Task A_run_that_is_killed_lets_go_of_the_path_and_the_next_removes_what_it_left()
    {
        await using var site = await ScriptSite.Start();
        var (script, reached) = site.Blocked();
        await using (var run = site.StartBackup(script))
        {
            await reached(run);
            run.Signal("KILL");
        }
        await Eventually.True(() => Task.FromResult(!Directory.Exists(LockOf(site))), "the end of the lock");
        await site.Scene.HoldLease(null);

        (await site.Backup(ScriptSite.Tar)).Exited(0);

        await site.NothingLeft();
        EndScripts(site);
    }

    [Fact]
    public async Task In_a_pod_that_has_come_in_the_place_of_the_scripts_nothing_is_ended_or_removed()
    {
        await using var site = await ScriptSite.Start();
        var (script, reached) = site.Blocked();
        await using var run = site.StartBackup(script);
        await reached(run);
        var before = site.Scene.Api.Execs.Begun.Count;

        await site.Scene.Admin.Delete(KubeResources.Pods, ClusterScene.Space, ClusterScene.Pod, new(), Cancel);
        await site.Scene.MakePod("redis", ready: true);

        var ended = (await run.Ended).Exited(143);
        Assert.Contains("makes way", ended.Error, StringComparison.Ordinal);
        Assert.Equal(before, site.Scene.Api.Execs.Begun.Count);
        Assert.Equal("half\n", await File.ReadAllTextAsync(site.Archive, Cancel));
        EndScripts(site);
    }

    [Fact]
    public async Task A_script_of_the_runner_runs_here()
    {
        await using var site = await ScriptSite.Start();

        (await site.Backup(ScriptSite.Tar, ", runIn: runner")).Exited(0);

        Assert.Equal("the data", site.StoredFile("./dump.rdb"));
        Assert.Empty(site.Scene.Api.Execs.Begun);
        Assert.Null(ClusterScene.Note(await site.Scene.Lease(), LeaseNotes.Frozen));
    }

    static string LockOf(ScriptSite site) => Path.Join(Path.GetDirectoryName(site.Archive), ".backup.tar.gz.lock");

    /// <summary>What a script left running in its container, which is this host.</summary>
    static void EndScripts(ScriptSite site)
    {
        foreach (var exec in site.Scene.Api.Execs.Begun)
            Shell.Try("pkill", "-KILL", "-s", $"{exec.ProcessId}");
    }
}
