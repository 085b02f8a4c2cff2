using BackupRunner.Tests.Archive;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.EndToEnd;

/// <summary>A backup that is not what was stored is never put in the place of what is there.</summary>
public abstract class CorruptionContract : SiteContract
{
    [Theory]
    [InlineData("truncate -s -1 backup.tar.gz", 5)]
    [InlineData("truncate -s +1 backup.tar.gz", 5)]
    [InlineData("truncate -s 0 backup.tar.gz", 5)]
    [InlineData("flip backup.tar.gz 30", 5)]
    [InlineData("flip backup.tar.gz 4", 5)]
    [InlineData("flip backup.tar.gz $(($(stat -c %s backup.tar.gz) - 5))", 5)]
    [InlineData("flip backup.tar.gz $(($(stat -c %s backup.tar.gz) / 2))", 5)]
    [InlineData("flip backup.json 40", 5)]
    [InlineData("flip backup.json $(($(stat -c %s backup.json) / 2))", 5)]
    [InlineData("truncate -s -2 backup.json", 5)]
    [InlineData("truncate -s +2M backup.json", 5)]
    [InlineData("rm backup.tar.gz", 5)]
    [InlineData("rm backup.json", 2)]
    public async Task Refuses_what_was_altered_and_touches_nothing(string damage, int exitCode)
    {
        Site.Scratch.File("data/one", "1");
        Shell.Bash($"seq 1 300000 >{Site.Data}/numbers");
        var id = await Site.BackUp();
        Site.Scratch.File("data/one", "changed since");
        await Site.Damage(damage);
        var before = OddTree.Fingerprint(Site.Data);
        foreach (var restore in new string[][] { ["--backup", id], ["--backup", id, "--in-place"] })
            (await Site.Run("restore", restore)).Exited(exitCode);
        (await Site.Run("restore", "--latest")).Exited(damage.StartsWith("flip backup.tar.gz", StringComparison.Ordinal) ? 5 : 2);
        Assert.Equal(before, OddTree.Fingerprint(Site.Data));
        (await Site.Run("verify", "--backup", id)).Exited(exitCode);
        (await Site.Run("verify", "--all")).Exited(exitCode);
    }

    [Theory]
    [InlineData("flip backup.tar.gz.sha256 3")]
    [InlineData("rm backup.tar.gz.sha256")]
    public async Task A_checksum_file_that_was_altered_fails_verify_and_not_a_restore_of_good_data(string damage)
    {
        Site.Scratch.File("data/one", "1");
        await Site.BackUp();
        await Site.Damage(damage);
        Assert.Contains("the manifest and the data agree", (await Site.Run("verify", "--latest")).Exited(5).Error, StringComparison.Ordinal);
        (await Site.Run("restore", "--latest")).Exited(0);
    }

    [Fact]
    public async Task Two_backups_whose_objects_were_exchanged_are_both_refused()
    {
        Site.Scratch.File("data/one", "1");
        var first = await Site.BackUp();
        Site.Scratch.File("data/one", "2");
        var second = await Site.BackUp();
        await Site.Damage($"cd ..; mv {first} x; mv {second} {first}; mv x {second}", first);
        foreach (var id in new[] { first, second })
            (await Site.Run("restore", "--backup", id)).Exited(5);
        Assert.Equal("2", await File.ReadAllTextAsync(Site.Scratch["data/one"], Cancel));
    }

    [Fact]
    public async Task A_backup_under_another_workloads_path_is_refused_by_its_identity()
    {
        Site.Scratch.File("data/one", "1");
        var id = await Site.BackUp("--workload", "statefulset/redis");
        await Site.Damage("cd ../../..; cp -r statefulset.redis statefulset.mysql");
        (await Site.Run("restore", "--workload", "statefulset/mysql", "--backup", id)).Exited(2);
        (await Site.Run("restore", "--workload", "statefulset/mysql", "--latest")).Exited(2);
        (await Site.Run("restore", "--workload", "statefulset/mysql", "--backup", id, "--allow-other-target")).Exited(0);
    }
}
