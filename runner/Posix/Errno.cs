using System.Runtime.InteropServices;

namespace BackupRunner.Posix;

/// <summary>The error numbers of Linux (errno(3)) that decide something here; x86-64 and ARM64 have the same.</summary>
enum Errno
{
    NotPermitted = 1,
    NoEntry = 2,
    InputOutput = 5,
    BadDescriptor = 9,
    WouldBlock = 11,
    NoAccess = 13,
    Exists = 17,
    CrossDevice = 18,
    NotDirectory = 20,
    Invalid = 22,
    Interrupted = 4,
    NoSpace = 28,
    ReadOnlyFileSystem = 30,
    OutOfRange = 34,
    NotImplemented = 38,
    NotEmpty = 39,
    TooManyLinks = 40,
    NoData = 61,
    NotSupported = 95,
}

static class LastError
{
    public static Errno Number => (Errno)Marshal.GetLastPInvokeError();

    /// <summary>The failure of the last call as an error of the volume: <c>cannot rename "a": no space left on device</c>.</summary>
    public static RunnerException Failure(string what, string? hint = null) => Failure(Number, what, hint);

    public static RunnerException Failure(Errno number, string what, string? hint = null) =>
        new(Reports.ExitCode.Volume, $"cannot {what}: {Text(number)}", hint);

    /// <summary>The system's own words, in lower case as our messages are.</summary>
    public static string Text(Errno number)
    {
        var text = Marshal.GetPInvokeErrorMessage((int)number);
        return text.Length > 1 && char.IsLower(text[1]) ? char.ToLowerInvariant(text[0]) + text[1..] : text;
    }
}
