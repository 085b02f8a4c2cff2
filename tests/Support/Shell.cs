using System.Diagnostics;

namespace BackupRunner.Tests.Support;

public sealed record ShellResult(int ExitCode, string Out, string Error);

/// <summary>Runs the stock tools that tests compare with.</summary>
public static class Shell
{
    /// <summary>Runs a program to its end and fails the test unless it exits 0.</summary>
    public static string Run(string program, params string[] arguments)
    {
        var result = Try(program, arguments);
        Assert.True(result.ExitCode == 0, $"{program} {string.Join(' ', arguments)} exited {result.ExitCode}: {result.Error}{result.Out}");
        return result.Out;
    }

    /// <summary>Runs a bash script with "-euo pipefail" and fails the test unless it exits 0.</summary>
    public static string Bash(string script) => Run("bash", "-euo", "pipefail", "-c", script);

    /// <summary>Runs a program to its end.</summary>
    public static ShellResult Try(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        start.Environment["LC_ALL"] = "C";
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new ShellResult(process.ExitCode, output, error.GetAwaiter().GetResult());
    }
}
