using BackupRunner.Restore;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Restore;

/// <summary>Another process makes a file in the target at every moment of a restore: nobody's data is lost.</summary>
public sealed class MeddlingTests : IDisposable
{
    readonly Scratch scratch = new("/dev/shm");

    public MeddlingTests()
    {
        Tree.Make(scratch["old"], Tree.Old);
        Tree.Make(scratch["new"], Tree.New);
    }

    public void Dispose() => scratch.Dispose();

    [Theory]
    [InlineData("stranger", false)]
    [InlineData("a", false)]
    [InlineData("name with space", false)]
    [InlineData("turns", false)]
    [InlineData("stranger", true)]
    [InlineData("a", true)]
    public async Task A_strange_file_survives_whenever_it_is_made(string name, bool inPlace)
    {
        var (refused, made) = (0, 0);
        for (var at = 1; ; at++)
        {
            var (isMade, failure, changes) = await Restore(name, at, inPlace);
            if (changes < at)
                break;
            if (isMade)
            {
                made++;
                refused += failure is null ? 0 : 1;
                // A backup that is whole beside the root waits there until nobody is in the way.
                if (UnfinishedRestore.Find(scratch["target"]).Count > 0)
                {
                    await new VolumeRestore(new RestoreOptions { Target = scratch["target"] }, RestoreHooks.None)
                        .Resume((_, _) => throw new NotSupportedException(), TestContext.Current.CancellationToken);
                    failure = null;
                }
                Check(name, at, failure);
            }
            Shell.Run("rm", "-rf", scratch["target"]);
        }
        Assert.True(made > 5, $"made {made} times");
        Assert.True(refused > 0 || inPlace, "it was never in the way");
    }

    async Task<(bool Made, RunnerException? Failure, int Changes)> Restore(string name, int at, bool inPlace)
    {
        var target = scratch["target"];
        Tree.Copy(scratch["old"], target);
        var (armed, made) = (false, false);
        BrokenVolume? volume = null;
        var options = new RestoreOptions { Target = target, InPlace = inPlace };
        var restore = new VolumeRestore(options, RestoreHooks.None, path => volume = new BrokenVolume(Volume.Open(path), int.MaxValue, () => new Died())
        {
            Watch = (change, what) =>
            {
                // Before the journal is armed, what is in the root is old data.
                if (armed && change == at && !Path.Exists(Path.Combine(target, name)))
                {
                    File.WriteAllText(Path.Combine(target, name), "strange");
                    made = true;
                }
                armed |= what.Contains("journal.part to", StringComparison.Ordinal);
            },
        });
        RunnerException? failure = null;
        try
        {
            await restore.Run(new FakeSource(scratch["new"]), TestContext.Current.CancellationToken);
        }
        catch (RunnerException refused)
        {
            failure = refused;
        }
        return (made, failure, volume!.Changes);
    }

    void Check(string name, int at, RunnerException? failure)
    {
        var target = scratch["target"];
        var strange = Shell.Bash($"cd {target}; grep -rlsx --devices=skip strange . || true").Trim();
        Assert.True(strange == "./" + name || strange == $"./.backup-restore/kept/{FakeSource.FirstId}-aside/{name}", $"made at {at}, it is in \"{strange}\"");
        if (strange == "./" + name)
            File.Delete(Path.Combine(target, name));
        Assert.Empty(UnfinishedRestore.Find(target));
        Assert.Equal(Tree.Entries(scratch[failure is null ? "new" : "old"]), Tree.Entries(target));
        if (failure is not null)
            Assert.Contains($"another process changes \"{target}\"", failure.Message, StringComparison.Ordinal);
    }
}
