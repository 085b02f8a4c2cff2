using System.Runtime.InteropServices;

namespace BackupRunner.Posix;

/// <summary>
/// The processes of one command that was started as the leader of its own session (setsid(2)): everything in that session, whatever
/// process group it moved to (GNU timeout makes its own), and everything that descends from it. What has left both, a daemon that forked
/// twice and called setsid, is no longer the command's.
/// </summary>
/// <param name="leader">The process id of the leader, which is the session's id too.</param>
public sealed partial class ProcessGroup(int leader)
{
    const int Terminate = 15;
    const int Kill = 9;

    /// <summary>How long the kernel may take to end what was killed: a process in uninterruptible sleep is not waited for any longer.</summary>
    static readonly TimeSpan AfterKill = TimeSpan.FromSeconds(5);
    static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);

    readonly HashSet<(int Id, ulong Start)> known = [];

    /// <summary>The members that run now. Zombies do not: who reaps them is not ours to say.</summary>
    public IReadOnlyList<ProcessEntry> Members()
    {
        var all = ProcessEntry.All();
        var members = new Dictionary<int, ProcessEntry>();
        foreach (var entry in all)
        {
            if (entry.Id == leader || entry.Session == leader || known.Contains((entry.Id, entry.Start)))
                members[entry.Id] = entry;
        }
        for (var grown = members.Count > 0; grown;)
        {
            grown = false;
            foreach (var entry in all)
                grown |= members.ContainsKey(entry.Parent) && members.TryAdd(entry.Id, entry);
        }
        foreach (var entry in members.Values)
            known.Add((entry.Id, entry.Start));
        return [.. members.Values.Where(entry => !entry.IsZombie)];
    }

    /// <summary>Asks every member to end (SIGTERM) and kills (SIGKILL) what is left after <paramref name="grace"/>. Returns when none is left.</summary>
    public async Task End(TimeSpan grace, TimeProvider time)
    {
        Signal(Members(), Terminate);
        if (await Gone(grace, again: null, time))
            return;
        // Again at every turn, because a member may fork between the look and the kill.
        await Gone(AfterKill, again: Kill, time);
    }

    async Task<bool> Gone(TimeSpan within, int? again, TimeProvider time)
    {
        var start = time.GetTimestamp();
        while (true)
        {
            var left = Members();
            if (left.Count == 0)
                return true;
            if (time.GetElapsedTime(start) >= within)
                return false;
            if (again is { } signal)
                Signal(left, signal);
            await Task.Delay(Poll, time, CancellationToken.None);
        }
    }

    // Only processes that were just seen are signalled, one by one: a group's or session's id may be somebody else's once it is empty.
    static void Signal(IReadOnlyList<ProcessEntry> processes, int signal)
    {
        foreach (var process in processes)
            _ = SendSignal(process.Id, signal);
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int process, int signal);
}
