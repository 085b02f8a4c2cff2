using System.Globalization;
using System.Security.Cryptography;
using BackupRunner.Hooks;
using BackupRunner.Kube;
using BackupRunner.Reports;

namespace BackupRunner.Cluster;

/// <summary>
/// Runs <c>commands.backup</c> in the workload's container and brings its archive over by exec. Needs <c>sh</c>, <c>cat</c>, <c>df</c>, <c>mkdir</c>, <c>rm</c>
/// and <c>wc</c> there.
/// </summary>
public sealed class PodArchiver(KubeClient kube, WorkloadPod pod, IWorkloadShell shell) : IScriptArchiver
{
    static readonly TimeSpan Quick = TimeSpan.FromMinutes(1);

    const string Locked = "READY";
    const int LockedElsewhere = 75;

    public async Task Archive(ArchiveScript script, long dataBytes, Stream to, CancellationToken cancel)
    {
        if (!script.ArchivePath.StartsWith('/') || script.ArchivePath.EndsWith('/'))
            throw new RunnerException(ExitCode.Usage, $"the archive path \"{script.ArchivePath}\" is not the absolute path of a file");
        var path = new ContainerPath(script.ArchivePath);
        await using var held = await shell.Hold(Step(script, path.Lock(Locked, LockedElsewhere)), Locked, cancel);
        await TakePlace(script, held, cancel);
        try
        {
            await Clear(script, path, cancel);
            await RequireRoom(script, path, dataBytes, cancel);
            CommandArchive.Check(script, await shell.Run(new ShellCommand(script.PolicyPath, script.Text, IsScript: true), script.Timeout, cancel));
            await Bring(script, path, to, cancel);
        }
        catch (Exception failed)
        {
            await ClearAfter(failed, script, path);
            throw;
        }
        await Clear(script, path, CancellationToken.None);
        await held.CloseInput();
    }

    async Task TakePlace(ArchiveScript script, IHeldCommand held, CancellationToken cancel)
    {
        var first = await Task.WhenAny(held.Signalled, held.Ended).WaitAsync(cancel);
        if (first == held.Signalled || held.Signalled.IsCompleted)
            return;
        var ended = await held.Ended;
        throw ended.ExitCode == LockedElsewhere
            ? new RunnerException(ExitCode.Locked, $"another run uses the archive path \"{script.ArchivePath}\" in {pod}", "wait until it has ended; give claims of one pod different times")
            : new RunnerException(ExitCode.Command, $"cannot use \"{script.ArchivePath}\" in {pod}: it {ended.Failure}",
                "its folder must be one that the container may write, such as an emptyDir at /backup");
    }

    async Task RequireRoom(ArchiveScript script, ContainerPath path, long dataBytes, CancellationToken cancel)
    {
        var said = await Ask(script, path.FreeKilobytes, cancel);
        if (!long.TryParse(said, NumberStyles.None, CultureInfo.InvariantCulture, out var kilobytes))
            throw new RunnerException(ExitCode.Command, $"df in {pod} did not say how much is free at \"{script.ArchivePath}\"", "df of POSIX, -Pk, is needed there");
        if (kilobytes < dataBytes / 1024)
        {
            throw new RunnerException(ExitCode.Command,
                $"too little space for \"{script.ArchivePath}\" in {pod}: {kilobytes * 1024} bytes are free, the data uses {dataBytes}", "mount a larger volume there");
        }
    }

    async Task Bring(ArchiveScript script, ContainerPath path, Stream to, CancellationToken cancel)
    {
        if (!long.TryParse(await Ask(script, path.Size, cancel), NumberStyles.None, CultureInfo.InvariantCulture, out var bytes))
            throw new RunnerException(ExitCode.Command, $"{script.PolicyPath} ended well but left no archive at \"{script.ArchivePath}\" in {pod}", "write it to {{ Backup.archivePath }}");
        if (bytes == 0)
            throw new RunnerException(ExitCode.Command, $"{script.PolicyPath} left an empty archive at \"{script.ArchivePath}\" in {pod}");
        var expected = await Expected(script, path, cancel);
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var (read, exitCode) = await Copy(script, path, sha256, to, cancel);
        if (exitCode != 0 || read != bytes)
            throw new RunnerException(ExitCode.Command, $"the archive of {script.PolicyPath} in {pod} has {bytes} bytes, {read} could be read (exit {exitCode})", "does what the script started still write to it");
        var actual = Convert.ToHexStringLower(sha256.GetHashAndReset());
        if (expected is not null && actual != expected)
            throw new RunnerException(ExitCode.Command, $"the archive of {script.PolicyPath} has the checksum {actual}, but \"{path.Checksum}\" says {expected}");
    }

    async Task<(long Bytes, int ExitCode)> Copy(ArchiveScript script, ContainerPath path, IncrementalHash sha256, Stream to, CancellationToken cancel)
    {
        long read = 0;
        try
        {
            await pod.RequireSame(kube, cancel);
            await using var exec = await kube.Exec(pod.Command(["cat", path.Path], input: false), cancel);
            var exitCode = await exec.Run(
                async chunk =>
                {
                    sha256.AppendData(chunk.Span);
                    await to.WriteAsync(chunk, cancel);
                    read += chunk.Length;
                },
                _ => ValueTask.CompletedTask,
                cancel);
            return (read, exitCode);
        }
        catch (KubeException failure)
        {
            throw new RunnerException(ExitCode.Command, $"the archive of {script.PolicyPath} did not all come over from {pod}: {failure.Message}", null, failure);
        }
    }

    /// <returns>Null when the script wrote no checksum.</returns>
    async Task<string?> Expected(ArchiveScript script, ContainerPath path, CancellationToken cancel)
    {
        var text = await Ask(script, path.ReadChecksum, cancel);
        if (text.Length == 0)
            return null;
        return ChecksumLine.Find(text, path.Name) ?? throw new RunnerException(ExitCode.Command,
            $"{script.PolicyPath} left \"{path.Checksum}\" in {pod} without one SHA-256 checksum of \"{path.Name}\"", "write it with sha256sum, or not at all");
    }

    async Task Clear(ArchiveScript script, ContainerPath path, CancellationToken cancel)
    {
        var removed = await shell.Run(Step(script, path.Remove), Quick, cancel);
        if (!removed.Succeeded)
        {
            throw new RunnerException(ExitCode.Command, $"cannot remove \"{path.Path}\" in {pod}: it {removed.Failure}",
                "it holds plain data of the workload: remove it by hand");
        }
    }

    async Task ClearAfter(Exception failed, ArchiveScript script, ContainerPath path)
    {
        try
        {
            await Clear(script, path, CancellationToken.None);
        }
        catch (RunnerException left)
        {
            throw failed is RunnerException known
                ? new RunnerException(known.ExitCode, $"{known.Message}; {left.Message}", left.Hint, known)
                : new RunnerException(left.ExitCode, left.Message, left.Hint, failed);
        }
    }

    async Task<string> Ask(ArchiveScript script, string question, CancellationToken cancel)
    {
        var answer = await shell.Run(Step(script, question) with { IsPoll = true }, Quick, cancel);
        return answer.Succeeded
            ? answer.Output.Raw.Trim()
            : throw new RunnerException(ExitCode.Command, $"the archive of {script.PolicyPath} in {pod} cannot be looked at: it {(answer.TimedOut ? "did not answer" : answer.Failure)}");
    }

    static ShellCommand Step(ArchiveScript script, string text) => new(script.PolicyPath, text);
}
