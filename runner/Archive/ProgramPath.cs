using System.Runtime.InteropServices;
using BackupRunner.Reports;

namespace BackupRunner.Archive;

/// <summary>
/// Finds a program in PATH and nowhere else: the framework's Process also looks in the current directory, which may be the data.
/// </summary>
public static partial class ProgramPath
{
    const int Executable = 1; // X_OK, access(2)

    /// <param name="package">What is to be installed where it is missing.</param>
    /// <exception cref="RunnerException">Exit 3: not installed.</exception>
    public static string Find(string program, string package, string? path) =>
        (path ?? "").Split(':')
            .Where(Path.IsPathFullyQualified)
            .Select(folder => Path.Combine(folder, program))
            .FirstOrDefault(file => File.Exists(file) && Access(file, Executable) == 0)
        ?? throw new RunnerException(ExitCode.Command, $"\"{program}\" is not in PATH", $"install {package}");

    [LibraryImport("libc", EntryPoint = "access", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Access(string path, int mode);
}
