using System.ComponentModel;
using System.Runtime.InteropServices;

namespace BackupRunner.Posix;

/// <summary>
/// Keeps this process's memory, which holds keys, out of core dumps. Two ways, because a core_pattern that is a pipe does not heed the limit (core(5)):
/// the soft limit becomes 0, which programs that we start inherit and may raise again, and the process becomes undumpable (prctl(2)), which ends at
/// execve(2) and keeps other processes of the same user from reading our memory too.
/// </summary>
static unsafe partial class CoreLimit
{
    const int Core = 4; // RLIMIT_CORE
    const int SetDumpable = 4; // PR_SET_DUMPABLE

    /// <exception cref="Win32Exception">Cannot happen: no privilege is needed for either.</exception>
    public static void Lower()
    {
        if (GetLimit(Core, out var limit) != 0)
            throw new Win32Exception();
        limit.Soft = 0;
        if (SetLimit(Core, &limit) != 0 || ProcessControl(SetDumpable, 0, 0, 0, 0) != 0)
            throw new Win32Exception();
    }

    [StructLayout(LayoutKind.Sequential)]
    struct Limit
    {
        public ulong Soft;
        public ulong Hard;
    }

    [LibraryImport("libc", EntryPoint = "getrlimit", SetLastError = true)]
    private static partial int GetLimit(int resource, out Limit limit);

    [LibraryImport("libc", EntryPoint = "setrlimit", SetLastError = true)]
    private static partial int SetLimit(int resource, Limit* limit);

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    private static partial int ProcessControl(int option, nuint second, nuint third, nuint fourth, nuint fifth);
}
