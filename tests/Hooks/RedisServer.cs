using System.Diagnostics;
using System.Globalization;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Hooks;

/// <summary>A real redis-server on a loopback port, ended by its process id when disposed.</summary>
public sealed class RedisServer : IAsyncDisposable
{
    /// <summary>nobody: root may write into a directory of mode 500.</summary>
    const string User = "65534";

    readonly Scratch? _scratch;
    readonly Process _process;

    RedisServer(Scratch? scratch, Process process, string folder, int port, string password) =>
        (_scratch, _process, Folder, Port, Password) = (scratch, process, folder, port, password);

    public int Port { get; }

    /// <summary>Empty when the server asks for none.</summary>
    public string Password { get; }

    /// <summary>The data directory.</summary>
    public string Folder { get; }

    public string DumpFile => Path.Combine(Folder, "dump.rdb");

    /// <summary>What a command inherits.</summary>
    public Dictionary<string, string> Environment => Password.Length == 0 ? [] : new() { ["REDISCLI_AUTH"] = Password };

    /// <summary>Starts a server that saves only when it is told to, as user nobody, and waits until it takes connections.</summary>
    /// <param name="folder">The data directory; null for one of its own.</param>
    public static async Task<RedisServer> Start(CancellationToken cancel, string password = "correct-horse", string? folder = null, params string[] arguments)
    {
        var scratch = folder is null ? new Scratch() : null;
        folder ??= scratch!.Path;
        Shell.Run("chown", User, folder);
        for (var attempt = 1; ; attempt++)
        {
            var port = FreePort.Next();
            var start = new ProcessStartInfo("setpriv",
            [
                "--reuid", User, "--clear-groups", "redis-server", "--bind", "127.0.0.1", "--port", Text(port), "--dir", folder, "--save", "",
                "--enable-debug-command", "local", .. password.Length == 0 ? Array.Empty<string>() : ["--requirepass", password], .. arguments,
            ])
            { RedirectStandardOutput = true };
            var process = Process.Start(start)!;
            if (await Ready(process, cancel))
                return new RedisServer(scratch, process, folder, port, password);
            // Somebody may have taken the port meanwhile.
            Assert.True(attempt < 5, "redis-server does not start");
        }
    }

    /// <summary>Runs redis-cli against this server and returns what it prints, without the last line end.</summary>
    public string Cli(params string[] words)
    {
        var start = new ProcessStartInfo("redis-cli", ["-p", Text(Port), .. words]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in Environment)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"redis-cli {string.Join(' ', words)}: {error.GetAwaiter().GetResult()}");
        return output.TrimEnd('\n');
    }

    /// <summary>One field of INFO persistence.</summary>
    public string Persistence(string field) =>
        Cli("INFO", "persistence").Split('\n').Select(line => line.TrimEnd('\r').Split(':')).First(pair => pair[0] == field)[1];

    /// <summary>Makes every save take minutes: keys to write, and a delay at each.</summary>
    public void SlowSaves()
    {
        Cli("DEBUG", "POPULATE", "300000", "k", "40");
        Cli("CONFIG", "SET", "rdb-key-save-delay", "1000");
    }

    /// <summary>Kills the server, as a power cut would.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
        _scratch?.Dispose();
    }

    static async Task<bool> Ready(Process process, CancellationToken cancel)
    {
        while (await process.StandardOutput.ReadLineAsync(cancel) is { } line)
        {
            if (!line.Contains("Ready to accept connections", StringComparison.Ordinal))
                continue;
            // The pipe must not fill up.
            _ = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null, CancellationToken.None);
            return true;
        }
        await process.WaitForExitAsync(cancel);
        process.Dispose();
        return false;
    }

    static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
