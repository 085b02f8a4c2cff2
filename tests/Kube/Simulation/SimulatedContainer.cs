using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using BackupRunner.Tests.Kube.Fake;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Kube.Simulation;

/// <summary>How a container ended.</summary>
public sealed record SimulatedExit(int ExitCode, string Message, DateTimeOffset Started, DateTimeOffset Finished);

/// <summary>
/// One container of a pod: a real process in namespaces of its own (mounts, pids, host name, perhaps network), whose root has this machine's programs and
/// the pod's volumes. All its processes end with its main one.
/// </summary>
public sealed class SimulatedContainer : IDisposable
{
    const int MessageBytes = 4096;

    readonly Process process;
    // Asked for when the process may be disposed of already.
    readonly int shell;
    readonly StringBuilder log = new();
    readonly string messageFile;
    readonly DateTimeOffset started;
    readonly TimeProvider time;

    SimulatedContainer(Process process, string messageFile, TimeProvider time)
    {
        (this.process, shell, this.messageFile, this.time, started) = (process, process.Id, messageFile, time, time.GetUtcNow());
        Ended = Follow();
    }

    public Task<SimulatedExit> Ended { get; }

    public DateTimeOffset Started => started;

    /// <summary>Of the main process, as this machine counts. 0 before its root is ready.</summary>
    public int Id { get; private set; }

    /// <summary>What it has said so far, on both streams.</summary>
    public string Log
    {
        get
        {
            lock (log)
                return log.ToString();
        }
    }

    /// <param name="folder">For this container's own files.</param>
    public static SimulatedContainer Start(
        JsonObject spec, JsonObject pod, SimulatedImage image, SimulatedVolumes volumes, string folder, IReadOnlyDictionary<string, string> environment, TimeProvider time)
    {
        var root = Directory.CreateDirectory(Path.Join(folder, "root")).FullName;
        var message = Path.Join(folder, "termination-log");
        File.WriteAllText(message, "");
        File.SetUnixFileMode(message, (UnixFileMode)0b110_110_110);
        var mounts = image.Folders.Select(shared => $"{shared.Value}\t{shared.Key}\tro")
            .Concat((spec["volumeMounts"] as JsonArray ?? []).Select(mount => Mount(mount!, volumes))).Append($"{message}\t{spec["terminationMessagePath"]}\trw");
        File.WriteAllLines(Path.Join(folder, "mounts"), mounts);
        var readOnly = (bool?)spec["securityContext"]?["readOnlyRootFilesystem"] == true ? "yes" : "no";
        string[] line =
        [
            // The first child is in the new pid namespace; the shell tells how it ended, also when it was killed.
            "-m", "-u", "-p", .. image.OwnNetwork ? ["-n"] : (string[])[], "sh", "-c", "\"$0\" \"$@\" & wait $!", Repository.PathOf("tests/Kube/Simulation/sandbox"), image.Base, root, (string)pod["metadata"]!["name"]!, readOnly,
            (string?)spec["workingDir"] ?? image.WorkingFolder, Path.Join(folder, "mounts"), .. SimulatedUser.Of(spec, pod, image), "--", "env", "-C", (string?)spec["workingDir"] ?? image.WorkingFolder, .. Command(spec, image, environment),
        ];
        var start = new ProcessStartInfo("unshare", line) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment.Clear();
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        var process = Process.Start(start)!;
        process.StandardInput.Close();
        return new SimulatedContainer(process, message, time);
    }

    /// <summary>Ends once the main process is in its root, or has ended.</summary>
    public async Task Ready(CancellationToken cancel)
    {
        using var every = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (Id == 0 && !Ended.IsCompleted)
        {
            await every.WaitForNextTickAsync(cancel);
            // Null: it has ended meanwhile.
            if (Child is > 0 and var child && File.Exists($"/proc/{child}/root/run/.container")
                && Path.GetFileName(new FileInfo($"/proc/{child}/exe").LinkTarget) is not (null or "chroot" or "setpriv" or "env"))
                Id = child;
        }
    }

    /// <summary>How a command is executed in it.</summary>
    public FakeContainer Executes(JsonObject spec, JsonObject pod, SimulatedImage image, IReadOnlyDictionary<string, string> environment) => new()
    {
        Environment = environment,
        Root = $"/proc/{Id}/root",
        Enter = ["nsenter", "-t", $"{Id}", "-m", "-u", "-p", "-n", "--root", "--wd", "setpriv", .. SimulatedUser.Of(spec, pod, image), "--"],
        Runs = () => !Ended.IsCompleted,
    };

    /// <param name="signal">Its name without SIG. Nothing happens when the process has ended.</param>
    public void Signal(string signal)
    {
        if (!Ended.IsCompleted && Child is > 0 and var child)
            Shell.Bash($"kill -s {signal} {child} 2>/dev/null || true");
    }

    public void Dispose()
    {
        // A shell that has only just begun has no child yet.
        do
            Signal("KILL");
        while (!process.WaitForExit(TimeSpan.FromMilliseconds(50)));
        process.Dispose();
    }

    // The shell's only child; 0 while it has none, or has ended.
    int Child
    {
        get
        {
            try
            {
                return int.TryParse(File.ReadAllText($"/proc/{shell}/task/{shell}/children").Trim(), CultureInfo.InvariantCulture, out var child) ? child : 0;
            }
            catch (IOException)
            {
                return 0;
            }
        }
    }

    static string Mount(JsonNode mount, SimulatedVolumes volumes)
    {
        var (path, readOnly) = volumes[(string)mount["name"]!];
        if ((string?)mount["subPath"] is { Length: > 0 } below)
        {
            path = Path.Join(path, below);
            if (!File.Exists(path))
                Directory.CreateDirectory(path);
        }
        return $"{path}\t{mount["mountPath"]}\t{(readOnly || (bool?)mount["readOnly"] == true ? "ro" : "rw")}";
    }

    // $(NAME) in commands and arguments is the kubelet's to replace.
    static IEnumerable<string> Command(JsonObject spec, SimulatedImage image, IReadOnlyDictionary<string, string> environment)
    {
        var command = (spec["command"] as JsonArray)?.Select(word => (string)word!);
        var arguments = (spec["args"] as JsonArray)?.Select(word => (string)word!) ?? (command is null ? image.Arguments : []);
        return (command ?? image.Entrypoint).Concat(arguments).Select(word => environment.Aggregate(word, (text, variable) => text.Replace($"$({variable.Key})", variable.Value, StringComparison.Ordinal)));
    }

    async Task<SimulatedExit> Follow()
    {
        await Task.WhenAll(Listen(process.StandardOutput), Listen(process.StandardError));
        await process.WaitForExitAsync(CancellationToken.None);
        var message = await File.ReadAllBytesAsync(messageFile);
        return new SimulatedExit(process.ExitCode, Encoding.UTF8.GetString(message.AsSpan(0, Math.Min(message.Length, MessageBytes))), started, time.GetUtcNow());
    }

    async Task Listen(StreamReader stream)
    {
        while (await stream.ReadLineAsync() is { } line)
        {
            lock (log)
                log.AppendLine(line);
        }
    }
}
