using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.EndToEnd;

/// <summary>The runner's memory, which holds keys, is in no core dump.</summary>
public sealed class CoreLimitTests : IDisposable
{
    readonly Laptop laptop = new();

    public void Dispose() => laptop.Dispose();

    [Fact]
    public async Task The_runner_has_no_core_and_its_commands_may_have_one()
    {
        laptop.Scratch.File("data/one", "1");
        Shell.Bash($"mkfifo {laptop.Scratch["gate"]}; chmod 755 {laptop.Scratch.Path}; chmod -R a+rX {laptop.Data}; mkdir -m 777 {laptop.Store} {laptop.Scratch["state"]}");
        var policy = laptop.Policy($"backup: {{settings: {{consistency: {{enabled: true, command: 'ulimit -S -c; ulimit -S -c 4; ulimit -S -c; cat {laptop.Scratch["gate"]}'}}}}}}");
        var call = laptop.Runner with { Prefix = ["prlimit", "--core=4096:8192", "setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"] };
        await using var running = call.Start("backup", "--data", laptop.Data, "--store", laptop.Store, "--policy", policy);
        await running.Said("consistency command");

        Assert.Matches(@"(?m)^Max core file size +0 +8192 ", await File.ReadAllTextAsync($"/proc/{running.Id}/limits", TestContext.Current.CancellationToken));
        // proc(5): the files of a process that cannot be dumped are root's.
        Assert.Equal("0\n", Shell.Run("stat", "-c", "%u", $"/proc/{running.Id}/environ"));

        Shell.Bash($"echo > {laptop.Scratch["gate"]}");
        var result = (await running.Ended).Exited(0);
        Assert.Matches(@"(?s)consistency\.command: 0\n.*consistency\.command: 4\n", result.Error);
    }
}
