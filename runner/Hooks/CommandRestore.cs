using System.Security.Cryptography;
using System.Text;

namespace BackupRunner.Hooks;

/// <summary>Gives a verified archive to <c>commands.restore</c>, which empties, extracts and chowns in the place of the runner.</summary>
public static class CommandRestore
{
    /// <inheritdoc cref="ArchivePlace.RequireRoom"/>
    public static void RequireRoom(ArchiveScript script, long archiveBytes) => ArchivePlace.RequireRoom(script.ArchivePath, archiveBytes);

    /// <summary>
    /// Puts the archive, and its checksum as sha256sum writes it, at <see cref="ArchiveScript.ArchivePath"/>, runs the script, and removes both
    /// in every case. What the script starts may stay: a server in the background.
    /// </summary>
    /// <param name="archiveBytes">The size of the archive: that much must be free at its path.</param>
    /// <param name="place">Writes the archive, decrypted, and throws when it is not what was stored: the script then does not run.</param>
    /// <exception cref="RunnerException">As <see cref="CommandArchive.Create"/>.</exception>
    public static async Task Run(
        IWorkloadShell shell, ArchiveScript script, long archiveBytes, Func<Stream, CancellationToken, Task> place, CancellationToken cancel)
    {
        using var taken = ArchivePlace.Take(script.ArchivePath, archiveBytes, "the archive needs");
        using var sha256 = SHA256.Create();
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Options = FileOptions.Asynchronous,
            // The data in plain: for this user alone.
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | (script.ReadableByAll ? UnixFileMode.GroupRead | UnixFileMode.OtherRead : UnixFileMode.None),
        };
        await using (var file = new FileStream(taken.Path, options))
        await using (var hashed = new CryptoStream(file, sha256, CryptoStreamMode.Write))
            await place(hashed, cancel);
        var line = $"{Convert.ToHexStringLower(sha256.Hash!)}  {Path.GetFileName(taken.Path)}\n";
        await File.WriteAllTextAsync(taken.ChecksumPath, line, new UTF8Encoding(false), cancel);
        var result = await shell.Run(new ShellCommand(script.PolicyPath, script.Text, IsScript: true), script.Timeout, cancel);
        CommandArchive.Check(script, result);
    }
}
