using System.Diagnostics;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.EndToEnd;

/// <summary>
/// A host within the host, for programs that insist on port 6379, /backup or /var/lib/redis: a network, a set of processes and a root of its
/// own, all else as outside. Whatever still runs in it ends with it, or with the test.
/// </summary>
public sealed class RedisHost : IAsyncDisposable
{
    // Process 1 of its namespace: when its input ends it ends, and the kernel kills the rest. sh stays, to reap what daemons leave behind.
    const string Init = """
        set -eu
        ip link set lo up
        mount -t tmpfs -o mode=755 br-root /mnt
        for path in /*; do
            if [ "$path" = /mnt ]; then continue; fi
            if [ -L "$path" ]; then cp -P "$path" "/mnt$path"
            elif [ -d "$path" ]; then mkdir "/mnt$path"; mount --rbind "$path" "/mnt$path"
            fi
        done
        cd /mnt
        pivot_root . .
        umount -l .
        for path in "$@"; do
            mkdir -p "$path"
            mount -t tmpfs -o mode=755 br-own "$path"
        done
        echo READY
        cat
        :
        """;

    readonly Process init;

    RedisHost(Process init) => this.init = init;

    /// <summary>What runs a program in it.</summary>
    public IReadOnlyList<string> Prefix =>
        ["nsenter", $"--net=/proc/{init.Id}/ns/net", $"--mount=/proc/{init.Id}/ns/mnt", $"--pid=/proc/{init.Id}/ns/pid_for_children", "--"];

    /// <summary>The names of the programs that run in it, its own aside.</summary>
    public List<string> Programs
    {
        get
        {
            List<string> names = [.. Run("ps", "-e", "-o", "comm=").Split('\n', StringSplitOptions.RemoveEmptyEntries)];
            foreach (var own in (string[])["sh", "cat", "ps"])
                names.Remove(own);
            return names;
        }
    }

    /// <param name="own">Folders that are empty in it, and its own.</param>
    public static async Task<RedisHost> Start(CancellationToken cancel, params string[] own)
    {
        var start = new ProcessStartInfo(
            "unshare", ["--net", "--mount", "--propagation", "private", "--pid", "--fork", "--mount-proc", "sh", "-c", Init, "init", .. own])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        var init = Process.Start(start)!;
        Assert.Equal("READY", await init.StandardOutput.ReadLineAsync(cancel));
        return new RedisHost(init);
    }

    /// <summary>Runs a program in it to its end and fails the test unless it exits 0.</summary>
    public string Run(params string[] line)
    {
        string[] all = [.. Prefix, .. line];
        return Shell.Run(all[0], all[1..]);
    }

    /// <summary>Writes a text file in it.</summary>
    public void Write(string path, string text) => Run("sh", "-c", "printf %s \"$2\" > \"$1\"", "write", path, text);

    /// <summary>Starts redis-server in the background, on 6379 unless its arguments say otherwise, and waits until it answers.</summary>
    public async Task StartRedis(CancellationToken cancel, params string[] arguments)
    {
        Run(["redis-server", .. arguments, "--daemonize", "yes"]);
        await UntilAnswers(cancel);
    }

    /// <summary>Also an error is an answer; a server that still loads its data gives another one.</summary>
    public async Task UntilAnswers(CancellationToken cancel)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(TimeSpan.FromMinutes(1));
        while (Ping() is var reply && !reply.Contains("PONG", StringComparison.Ordinal) && !reply.Contains("NOAUTH", StringComparison.Ordinal))
            await Task.Delay(50, deadline.Token);
    }

    public async ValueTask DisposeAsync()
    {
        init.StandardInput.Close();
        await init.WaitForExitAsync(CancellationToken.None);
        init.Dispose();
    }

    string Ping()
    {
        string[] all = [.. Prefix, "redis-cli", "PING"];
        return Shell.Try(all[0], all[1..]).Out;
    }
}
