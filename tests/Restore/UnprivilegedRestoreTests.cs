using BackupRunner.Reports;
using BackupRunner.Restore;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Restore;

/// <summary>Restores by an ordinary user.</summary>
public sealed class UnprivilegedRestoreTests : IDisposable
{
    readonly Scratch scratch = new();

    public void Dispose() => scratch.Dispose();

    string Target => scratch["target"];

    Task<RestoreOutcome> Restore(IRestoreSource source) =>
        new VolumeRestore(new RestoreOptions { Target = Target }, RestoreHooks.None).Run(source, TestContext.Current.CancellationToken);

    void UserTree(string script) => Tree.Make(Target, $"chown {OrdinaryUser.Id}:{OrdinaryUser.Id} .; chmod 755 . ..; {script}");

    // Root may read anything; an ordinary user is stopped by it, and by what he may not write.
    [Fact]
    public void An_unreadable_lost_and_found_does_not_matter()
    {
        UserTree("mkdir -m 700 lost+found; chown 0:0 lost+found; echo x > lost+found/x");
        OrdinaryUser.Run(async () => await Restore(new PlainSource()));
        Assert.Equal("lost+found\nplain\n", Shell.Run("ls", "-A", Target));
        Assert.Equal("x\n", File.ReadAllText(Path.Combine(Target, "lost+found", "x")));
    }

    [Theory]
    [InlineData("mkdir -p foreign/x; chown -R 0:0 foreign", "foreign")]
    [InlineData("mkdir mine; chmod 555 mine", "mine")]
    [InlineData("chown 0:0 .; chmod 1777 .; touch sticky; chown 0:0 sticky", "sticky")]
    [InlineData("chown 0:0 .; chmod 755 .", "not writable")]
    public void Without_privilege_what_cannot_be_moved_is_found_before(string script, string message)
    {
        UserTree(script);
        var before = Tree.Describe(Target);
        OrdinaryUser.Run(async () =>
        {
            var failure = await Assert.ThrowsAsync<RunnerException>(() => Restore(new PlainSource()));
            Assert.Equal((ExitCode.Volume, true), (failure.ExitCode, failure.Message.Contains(message, StringComparison.Ordinal)));
        });
        Assert.Equal(before, Tree.Describe(Target));
        Assert.False(Path.Exists(Path.Combine(Target, ".backup-restore")));
    }

    [Fact]
    public void Without_privilege_the_rest_works_and_what_stays_different_is_a_warning()
    {
        // The root of a claim with fsGroup: root's own, writable by the group.
        UserTree("chown 0:65534 .; chmod 2775 .; mkdir -p mine/readonly; touch mine/readonly/f; chown -R 65534:65534 mine; chmod 555 mine/readonly");
        OrdinaryUser.Run(async () =>
        {
            var outcome = await Restore(new PlainSource());
            Assert.Contains("owner", Assert.Single(outcome.Warnings), StringComparison.Ordinal);
        });
        Assert.Equal("plain\n", Shell.Run("ls", "-A", Target));
        Assert.Equal("2775 0:65534\n", Shell.Run("stat", "-c", "%a %u:%g", Target));
    }
}
