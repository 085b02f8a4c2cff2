using System.Security.Cryptography;
using System.Text;
using BackupRunner.Reports;

namespace BackupRunner.Hooks;

/// <summary>
/// The archive that <c>commands.backup</c> made, open for reading. Disposing it removes it, with its checksum, and lets others use the path.
/// </summary>
public sealed class CommandArchive : IAsyncDisposable
{
    const int LongestChecksumFile = 64 * 1024;

    readonly ArchivePlace place;

    CommandArchive(ArchivePlace place, FileStream content) => (this.place, Content) = (place, content);

    /// <summary>From the first byte. Its length is known and is not 0.</summary>
    public FileStream Content { get; }

    /// <summary>Runs the script and checks what it left.</summary>
    /// <param name="dataBytes">What the data uses: that much must be free beside the archive.</param>
    /// <exception cref="RunnerException">Exit code 3: no place, a script that failed or took too long, no archive, or another than its checksum says.
    /// Exit code 7: another run uses the path.</exception>
    public static async Task<CommandArchive> Create(IWorkloadShell shell, ArchiveScript script, long dataBytes, CancellationToken cancel)
    {
        var place = ArchivePlace.Take(script.ArchivePath, dataBytes, "the data uses");
        try
        {
            var result = await shell.Run(new ShellCommand(script.PolicyPath, script.Text, IsScript: true), script.Timeout, cancel);
            Check(script, result);
            var content = Open(script);
            try
            {
                await CheckSum(script, place, content, cancel);
                return new CommandArchive(place, content);
            }
            catch
            {
                await content.DisposeAsync();
                throw;
            }
        }
        catch (Exception failed)
        {
            place.GiveBack(after: failed);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Content.DisposeAsync();
        place.Dispose();
    }

    /// <summary>Throws unless the script ended by itself, in time and well.</summary>
    internal static void Check(ArchiveScript script, ShellResult result)
    {
        if (result.TimedOut)
        {
            throw new RunnerException(ExitCode.Command,
                $"{script.PolicyPath} did not end within {DurationText.Of(script.Timeout)} and was ended{(result.LastWords is "" ? "" : $"; it said {result.LastWords}")}",
                $"\"check\" names known mistakes of the script; otherwise raise {ArchiveScript.TimeoutPath}");
        }
        if (!result.Succeeded)
            throw new RunnerException(ExitCode.Command, $"{script.PolicyPath} {result.Failure}");
        if (script.PolicyPath != ArchiveScript.BackupPath)
            return;
        // What still runs may still write, and half an archive would pass for a whole one.
        if (result.StillRunning.Count > 0)
        {
            throw new RunnerException(ExitCode.Command,
                $"{script.PolicyPath} ended while it still had running: {string.Join(", ", result.StillRunning)}", "end the script with \"wait\"");
        }
        // A client of Redis exits 0 when the server refuses, and "sh -e" goes on to archive what was not saved.
        if (RedisSave.Of(script.Text).SpeaksRedis && RedisReply.Refusal(result, script.PolicyPath) is { } refusal)
            throw refusal;
    }

    static FileStream Open(ArchiveScript script)
    {
        if (Directory.Exists(script.ArchivePath))
            throw new RunnerException(ExitCode.Command, $"{script.PolicyPath} left a folder at \"{script.ArchivePath}\"", "write the archive itself there");
        var file = new FileInfo(script.ArchivePath);
        if (!file.Exists)
            throw new RunnerException(ExitCode.Command, $"{script.PolicyPath} ended well but left no archive at \"{script.ArchivePath}\"", "write it to {{ Backup.archivePath }}");
        if (file.LinkTarget is not null)
            throw new RunnerException(ExitCode.Command, $"{script.PolicyPath} left a symbolic link at \"{script.ArchivePath}\"", "write the archive itself there");
        // Also a pipe and a device, which have no length and would be waited for.
        if (file.Length == 0)
            throw new RunnerException(ExitCode.Command, $"{script.PolicyPath} left an empty archive at \"{script.ArchivePath}\"");
        try
        {
            return new FileStream(script.ArchivePath, new FileStreamOptions { Options = FileOptions.SequentialScan | FileOptions.Asynchronous });
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            throw new RunnerException(ExitCode.Command, $"cannot read the archive of {script.PolicyPath}: {failed.Message}", null, failed);
        }
    }

    static async Task CheckSum(ArchiveScript script, ArchivePlace place, FileStream content, CancellationToken cancel)
    {
        if (!File.Exists(place.ChecksumPath))
            return;
        var name = Path.GetFileName(place.Path);
        if (await ReadChecksum(place.ChecksumPath, cancel) is not { } text || ChecksumLine.Find(text, name) is not { } expected)
        {
            throw new RunnerException(ExitCode.Command, $"{script.PolicyPath} left \"{place.ChecksumPath}\" without one SHA-256 checksum of \"{name}\"",
                "write it with sha256sum, or not at all");
        }
        var actual = Convert.ToHexStringLower(await SHA256.HashDataAsync(content, cancel));
        if (actual != expected)
        {
            throw new RunnerException(ExitCode.Command,
                $"the archive of {script.PolicyPath} has the checksum {actual}, but \"{place.ChecksumPath}\" says {expected}");
        }
        content.Position = 0;
    }

    static async Task<string?> ReadChecksum(string path, CancellationToken cancel)
    {
        if (new FileInfo(path).Length is 0 or > LongestChecksumFile)
            return null;
        return await File.ReadAllTextAsync(path, Encoding.Latin1, cancel);
    }
}
