using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.EndToEnd;

/// <summary>That the other end-to-end tests run what they believe to run.</summary>
public sealed class RunnerCallTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Backs_up_in_process_and_as_the_real_program(bool real)
    {
        using var scratch = new Scratch();
        scratch.File("data/file", "content");
        var runner = new RunnerCall(scratch.Folder("state"));
        string[] arguments = ["backup", "--data", scratch["data"], "--store", scratch["store"]];

        var result = await (real ? runner.Run(arguments) : runner.InProcess(arguments));

        Assert.Contains("backed up", result.Exited(0).Out, StringComparison.Ordinal);
        Assert.NotEmpty(Directory.GetFiles(scratch["store"], "backup.json", SearchOption.AllDirectories));
        Assert.NotEmpty(Directory.GetFiles(scratch["state"], "*", SearchOption.AllDirectories));
    }
}
