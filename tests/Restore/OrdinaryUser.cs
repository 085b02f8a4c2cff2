using System.Runtime.InteropServices;

namespace BackupRunner.Tests.Restore;

/// <summary>
/// Runs something as uid and gid 65534, without root's capabilities, on a thread of its own: the system calls (setresuid(2), not its
/// wrapper) change one thread only. What runs must not leave the thread before its end.
/// </summary>
static partial class OrdinaryUser
{
    public const uint Id = 65534;

    static bool IsArm => RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    public static void Run(Func<Task> run)
    {
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                Assert.Equal(0, Call(IsArm ? 149 : 119, -1, Id, -1));
                Assert.Equal(0, Call(IsArm ? 147 : 117, -1, Id, -1));
                var task = run();
                Assert.True(task.IsCompleted, "what runs as another user must not leave its thread");
                task.GetAwaiter().GetResult();
            }
            catch (Exception thrown)
            {
                failure = thrown;
            }
        });
        thread.Start();
        thread.Join();
        if (failure is not null)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long Call(long number, long real, long effective, long saved);
}
