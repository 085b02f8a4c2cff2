using System.Diagnostics;
using BackupRunner.Kube;

namespace BackupRunner.Tests.Cluster;

/// <summary>The loader, run by the shells of this host as a container would.</summary>
public sealed class ContainerScriptTests
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string> Shells => ["dash", "bash", "busybox"];

    [Theory]
    [MemberData(nameof(Shells))]
    public async Task The_text_arrives_as_it_is(string shell)
    {
        const string text = "printf '%s|' 'a\\nb' \"c\\\\d\" '%b' 'tab\there' '\\0101' 'ü€' '$HOME' \"'\" \\\n  'next line'\n\n# a comment \\\nprintf '%s' \"$#\"\n";
        var expected = await Run(shell, ["-c", text], []);

        var loaded = await Run(shell, [.. ContainerScript.Command(isScript: false).Skip(1)], ContainerScript.Input(text));

        Assert.Equal(expected.Output, loaded.Output);
        Assert.Contains("next line|0", loaded.Output, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Shells))]
    public async Task The_rest_of_the_input_is_the_commands(string shell)
    {
        var loaded = await Run(shell, [.. ContainerScript.Command(isScript: false).Skip(1)], [.. ContainerScript.Input("cat"), .. "one\ntwo"u8]);

        Assert.Equal("one\ntwo", loaded.Output);
    }

    [Theory]
    [MemberData(nameof(Shells))]
    public async Task A_script_ends_at_the_first_failure_and_at_an_unset_variable(string shell)
    {
        var command = ContainerScript.Command(isScript: true).Skip(1).ToArray();

        Assert.Equal((1, "one\n"), await CodeAndOutput("echo one\nfalse\necho two"));
        Assert.NotEqual(0, (await CodeAndOutput("echo $unset_variable")).Code);
        Assert.Equal((7, ""), await CodeAndOutput("exit 7"));

        async Task<(int Code, string Output)> CodeAndOutput(string text)
        {
            var ended = await Run(shell, command, ContainerScript.Input(text));
            return (ended.Code, ended.Output);
        }
    }

    [Theory]
    [MemberData(nameof(Shells))]
    public async Task It_says_its_process_first_and_no_secret_is_in_its_arguments(string shell)
    {
        var loaded = await Run(shell, [.. ContainerScript.Command(isScript: false).Skip(1)], ContainerScript.Input("echo $$; echo hunter2 >&2"));

        var lines = loaded.Error.Split('\n');
        Assert.Equal(int.Parse(loaded.Output.Trim()), ContainerScript.ProcessOf(lines[0]));
        Assert.Equal("hunter2", lines[1]);
        Assert.DoesNotContain(ContainerScript.Command(isScript: false), word => word.Contains("hunter2", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("backup-runner-process")]
    [InlineData("backup-runner-process x")]
    [InlineData("sh: not found")]
    [InlineData("")]
    public void Another_line_is_no_process(string line) => Assert.Null(ContainerScript.ProcessOf(line));

    static async Task<(int Code, string Output, string Error)> Run(string shell, string[] arguments, byte[] input)
    {
        string[] words = shell == "busybox" ? ["sh", .. arguments] : arguments;
        using var process = Process.Start(new ProcessStartInfo(shell, words) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        await process.StandardInput.BaseStream.WriteAsync(input, Cancel);
        process.StandardInput.Close();
        var (output, error) = (process.StandardOutput.ReadToEndAsync(Cancel), process.StandardError.ReadToEndAsync(Cancel));
        await process.WaitForExitAsync(Cancel);
        return (process.ExitCode, await output, await error);
    }
}
