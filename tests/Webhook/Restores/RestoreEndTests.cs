using System.Text;
using BackupRunner.Reports;
using BackupRunner.Webhook.Restores;

namespace BackupRunner.Tests.Webhook;

public sealed class RestoreEndTests
{
    const string Id = "20261122t020000z-k3x7qa";

    static readonly DateTimeOffset Begun = new(2026, 11, 22, 2, 0, 0, TimeSpan.Zero);

    static readonly RestoreStatus Running = new() { Phase = RestorePhase.Swapping, Step = "swap", Percent = 90, Job = "restore-r", Claim = "data-redis-0", Workload = "StatefulSet/redis", Started = Begun };

    public static TheoryData<SeenEnd, RestorePhase, DataState?, string, string> Ends => new()
    {
        { new(true, null, Report(0, DataState.Restored), false), RestorePhase.Succeeded, DataState.Restored, $"restored backup {Id} into claim \"data-redis-0\"", $"holds the data of backup {Id}" },
        // A runner of before says nothing of the data.
        { new(true, null, Report(0, null), false), RestorePhase.Succeeded, DataState.Restored, "restored backup", "holds the data of backup" },
        { new(false, "x", Report(5, DataState.Untouched), false), RestorePhase.Failed, DataState.Untouched, "broken; mend it", "nothing of it was touched; mend what the message says" },
        { new(false, "x", Report(6, DataState.RolledBack), false), RestorePhase.Failed, DataState.RolledBack, "broken; mend it", "the old data was put back" },
        { new(false, "x", Report(3, DataState.Restored), false), RestorePhase.Failed, DataState.Restored, "broken", "nothing of the old is left to go back to: look whether StatefulSet/redis runs well" },
        { new(false, "x", Report(6, DataState.Unsettled), true), RestorePhase.Failed, DataState.Unsettled, "broken", "neither the old data nor the new for certain" },
        // What another run has left is not of this one's making.
        { new(false, "x", Report(6, DataState.Untouched), true), RestorePhase.Failed, DataState.Untouched, "broken", "nothing of it was touched" },
        { new(false, "Job was active longer than specified deadline", null, true), RestorePhase.Failed, DataState.Unsettled, "Job \"restore-r\" failed: Job was active longer than specified deadline; its run did not say why", "\"restore --resume\" finishes or undoes it" },
        { new(false, null, null, false), RestorePhase.Failed, null, "Job \"restore-r\" failed; its run did not say why", "nobody has said what claim \"data-redis-0\" holds" },
        { new(null, null, null, false), RestorePhase.Failed, null, "Job \"restore-r\" was deleted before it had ended", "nobody has said" },
        { new(null, null, Report(143, DataState.RolledBack), false), RestorePhase.Failed, DataState.RolledBack, "broken", "was put back" },
        { new(null, null, null, true), RestorePhase.Failed, DataState.Unsettled, "was deleted before it had ended", "neither the old data nor the new" },
    };

    [Theory]
    [MemberData(nameof(Ends))]
    public void An_end_is_told_no_better_than_it_is_known(SeenEnd end, RestorePhase phase, DataState? data, string message, string dataMessage)
    {
        var status = RestoreEnd.Of(Running, end, Begun.AddMinutes(3));
        Assert.Equal((phase, data, end.Report?.ExitCode, Begun.AddMinutes(3)), (status.Phase, status.Data, status.ExitCode, status.Completed!.Value));
        Assert.Contains(message, status.Message, StringComparison.Ordinal);
        Assert.Contains(dataMessage, status.DataMessage, StringComparison.Ordinal);
        Assert.Null(status.Step);
    }

    [Fact]
    public void What_resume_did_is_told_when_it_is_settled()
    {
        var unsettled = RestoreEnd.Of(Running, new(false, null, null, true), Begun.AddMinutes(3));

        var finished = RestoreEnd.Settled(unsettled, Report(0, DataState.Restored) with { Id = null });
        Assert.Equal((RestorePhase.Succeeded, DataState.Restored), (finished.Phase, finished.Data));
        Assert.Contains("\"restore --resume\" has finished it", finished.Message, StringComparison.Ordinal);

        var undone = RestoreEnd.Settled(unsettled, Report(0, DataState.RolledBack) with { Id = null });
        Assert.Equal((RestorePhase.Failed, DataState.RolledBack, unsettled.Message), (undone.Phase, undone.Data, undone.Message));
        Assert.Contains("was put back", undone.DataMessage, StringComparison.Ordinal);

        // Another Restore, of another backup, is no success of this one.
        var other = RestoreEnd.Settled(unsettled with { Backup = "20261121t020000z-aaaaaa" }, Report(0, DataState.Restored));
        Assert.Equal((RestorePhase.Failed, (DataState?)null), (other.Phase, other.Data));
        Assert.Equal($"another restore has put backup {Id} into claim \"data-redis-0\" since", other.DataMessage);

        // Of a restore last month, which the Lease still has.
        var unknown = RestoreEnd.Settled(unsettled, Report(0, DataState.Restored) with { End = Begun.AddDays(-30) });
        Assert.Equal((RestorePhase.Failed, (DataState?)null), (unknown.Phase, unknown.Data));
        Assert.Contains("nobody has said", unknown.DataMessage, StringComparison.Ordinal);
        Assert.False(unknown.IsUnsettled);
    }

    [Fact]
    public void A_report_is_read_from_a_pod_and_from_a_Lease()
    {
        var report = new RunReport { Verb = "restore", ExitCode = 6, Start = Begun, End = Begun.AddMinutes(1), Error = "broken", Hint = "mend it", Backups = [new(Id, "done", 1, 2, 3)], Warnings = ["w"], Data = DataState.RolledBack };
        var wanted = Report(6, DataState.RolledBack);
        Assert.Equal(wanted, RestoreReport.Parse(Encoding.UTF8.GetString(TerminationMessage.Of(report))));
        Assert.Equal(wanted, RestoreReport.Parse(System.Text.Json.JsonSerializer.Serialize(report, ReportJson.Default.RunReport)));
        Assert.Null(RestoreReport.Parse(Encoding.UTF8.GetString(TerminationMessage.Of(report with { Verb = "backup" }))));
        Assert.Null(RestoreReport.Parse("{\"verb\":\"restore\""));
        Assert.Null(RestoreReport.Parse("[]"));
        Assert.Null(RestoreReport.Parse("""{"verb":"restore","exitCode":0,"end":"2026-11-22T02:00:00Z","data":"7"}""")!.Data);
    }

    static RestoreReport Report(int code, DataState? data) => new(code, Begun.AddMinutes(1), Id, code == 0 ? null : "broken", code == 0 ? null : "mend it", data);
}
