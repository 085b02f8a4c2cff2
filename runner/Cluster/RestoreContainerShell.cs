using System.Globalization;
using BackupRunner.Hooks;
using BackupRunner.Names;
using BackupRunner.Reports;

namespace BackupRunner.Cluster;

/// <summary>Runs a script of the policy in the second container of a Job, by files in a folder that both have.</summary>
/// <param name="folder">Beside the archive, on the shared emptyDir.</param>
public sealed class RestoreContainerShell(string folder, Action<string> say, TimeProvider time) : IWorkloadShell, IAsyncDisposable
{
    static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(500);
    static readonly TimeSpan Beat = TimeSpan.FromSeconds(5);

    /// <summary>An image may have to be pulled first.</summary>
    public static readonly TimeSpan StartPatience = TimeSpan.FromMinutes(5);

    /// <summary>The container needs seconds to end a script.</summary>
    static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(30);

    const UnixFileMode ForAll = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>What is run there, for messages.</summary>
    public string Script { get; init; } = "commands.restore";

    readonly CancellationTokenSource stop = new();
    Task beating = Task.CompletedTask;

    /// <summary>Begins to tell the container that this run lives. The container's user may be another: only the two of them see the folder.</summary>
    /// <exception cref="RunnerException">Exit code 3: the folder cannot be written.</exception>
    public async Task Begin(CancellationToken cancel)
    {
        await Guarded(() =>
        {
            Directory.CreateDirectory(folder);
            File.SetUnixFileMode(folder, ForAll);
            return Task.CompletedTask;
        });
        if (File.Exists(PathOf(RestoreContainer.Ready)) || File.Exists(PathOf(RestoreContainer.ExitCode)))
            throw new RunnerException(ExitCode.Usage, $"\"{folder}\" holds what an earlier run of this pod has left", "the Job's restartPolicy must be Never: another pod tries again");
        await WriteBeat(0, cancel);
        beating = KeepBeating();
    }

    /// <summary>Waits until the container is there.</summary>
    /// <exception cref="RunnerException">Exit code 2: it does not come.</exception>
    public async Task RequireWaiting(CancellationToken cancel)
    {
        if (!await WaitFor(RestoreContainer.Waiting, StartPatience, cancel))
        {
            throw new RunnerException(ExitCode.Usage, $"the policy has {Script}, and no container runs it: \"{PathOf(RestoreContainer.Waiting)}\" did not appear",
                "the Job needs its second container, with the workload's image and the shared folder: manifests/examples/redis/restore-job-command.yaml");
        }
    }

    public async Task<ShellResult> Run(ShellCommand command, TimeSpan timeout, CancellationToken cancel)
    {
        await RequireWaiting(cancel);
        await Guarded(async () =>
        {
            await File.WriteAllTextAsync(PathOf(RestoreContainer.Script), command.Text, cancel);
            await File.WriteAllTextAsync(PathOf(RestoreContainer.Ready), "", cancel);
        });
        say($"{command.PolicyPath} runs in container \"{RestoreContainer.Name}\"; its output is that container's log");
        try
        {
            if (await WaitFor(RestoreContainer.ExitCode, timeout, cancel))
                return new ShellResult(ReadExitCode(), TimedOut: false, CapturedOutput.Empty, CapturedOutput.Empty);
        }
        catch (OperationCanceledException)
        {
            await EndContainer();
            throw;
        }
        await EndContainer();
        return new ShellResult(0, TimedOut: true, CapturedOutput.Empty, CapturedOutput.Empty);
    }

    public Task<IHeldCommand> Hold(ShellCommand command, string signal, CancellationToken cancel) =>
        throw new NotSupportedException("nothing is held in the second container");

    /// <summary>Ends the container, unless it has ended with its script.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!File.Exists(PathOf(RestoreContainer.ExitCode)) && Directory.Exists(folder))
            await EndContainer();
        await stop.CancelAsync();
        await beating;
        stop.Dispose();
    }

    async Task EndContainer()
    {
        await Guarded(() => File.WriteAllTextAsync(PathOf(RestoreContainer.Stop), "", CancellationToken.None));
        if (File.Exists(PathOf(RestoreContainer.Ready)))
            await WaitFor(RestoreContainer.ExitCode, EndPatience, CancellationToken.None);
    }

    async Task<bool> WaitFor(string file, TimeSpan patience, CancellationToken cancel)
    {
        for (var start = time.GetTimestamp(); !File.Exists(PathOf(file)); await Task.Delay(Poll, time, cancel))
        {
            if (time.GetElapsedTime(start) >= patience)
                return false;
        }
        return true;
    }

    async Task KeepBeating()
    {
        try
        {
            for (var beat = 1; ; beat++)
            {
                await Task.Delay(Beat, time, stop.Token);
                await WriteBeat(beat, stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The run is over.
        }
        catch (RunnerException failed)
        {
            say($"warning: {failed.Message}; container \"{RestoreContainer.Name}\" will give up");
        }
    }

    Task WriteBeat(int beat, CancellationToken cancel) => Guarded(async () =>
    {
        var part = PathOf(RestoreContainer.Heartbeat) + ".part";
        await File.WriteAllTextAsync(part, beat.ToString(CultureInfo.InvariantCulture), cancel);
        File.Move(part, PathOf(RestoreContainer.Heartbeat), overwrite: true);
    });

    int ReadExitCode() => int.TryParse(File.ReadAllText(PathOf(RestoreContainer.ExitCode)).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var code)
        ? code
        : throw new RunnerException(ExitCode.Command, $"\"{PathOf(RestoreContainer.ExitCode)}\" does not hold an exit code");

    string PathOf(string file) => Path.Combine(folder, file);

    async Task Guarded(Func<Task> write)
    {
        try
        {
            await write();
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            throw new RunnerException(ExitCode.Command, $"cannot write \"{folder}\": {failed.Message}",
                "the folder of the archive must be an emptyDir that both containers of the Job may write", failed);
        }
    }
}
