using BackupRunner.Posix;
using BackupRunner.Reports;

namespace BackupRunner.Archive;

/// <summary>Sorts tar's messages while they come: notices become warnings, the first failures are kept for the error that tar's exit code
/// calls for.</summary>
public sealed class TarFailures(WarningList warnings, Action? onNoSpace = null)
{
    public static string OwnerHint => SecurityLevel.Hinted("run as the owner of the data: set runAsUser, or use sudo");

    const int MaximumFailures = 10;

    readonly List<TarMessage> first = [];
    readonly Lock gate = new();
    long count;
    TarMessage? noSpace;

    public void Add(byte[] line)
    {
        var message = TarMessage.Parse(line);
        switch (message.Kind)
        {
            case TarMessageKind.Summary:
                return;
            case TarMessageKind.Notice:
                warnings.Add(message.What, message.Name);
                return;
            case TarMessageKind.NoSpace:
                Interlocked.CompareExchange(ref noSpace, message, null);
                onNoSpace?.Invoke();
                break;
        }
        lock (gate)
        {
            count++;
            if (first.Count < MaximumFailures)
                first.Add(message);
        }
    }

    /// <summary>The failures of a tar that did not fail: what it said is still worth saying.</summary>
    public void BecomeWarnings()
    {
        lock (gate)
        {
            foreach (var message in first)
                warnings.Add(message.What, message.Name);
        }
    }

    public bool IsNoSpace => noSpace is not null;

    public RunnerException Unreadable(string directory) =>
        new(ExitCode.Volume, $"cannot read all of \"{directory}\": {List()}", OwnerHint);

    public RunnerException Unwritable(string directory) => noSpace is not null
        ? new(
            ExitCode.Volume,
            $"cannot extract into \"{directory}\": {noSpace.What} (at \"{noSpace.Name}\")",
            "free space or inodes on the volume, or enlarge it")
        : new(ExitCode.Volume, $"cannot extract into \"{directory}\": {List()}");

    string List()
    {
        lock (gate)
        {
            if (first.Count == 0)
                return "tar failed and did not say why";
            var all = string.Join("; ", first.Select(Show));
            return count > first.Count ? $"{all}; and {count - first.Count} more" : all;
        }
    }

    static string Show(TarMessage message) =>
        message.Kind == TarMessageKind.Other ? message.Name : $"\"{message.Name}\": {message.What}";
}
