using System.Text;
using System.Text.Json;
using BackupRunner.Kube;
using BackupRunner.Names;
using BackupRunner.Reports;
using BackupRunner.Webhook.Reconcile;

namespace BackupRunner.Tests.Webhook;

/// <summary>The report on a Lease, which the runner writes whole or short, and anybody with the right to update the Lease as he likes.</summary>
public sealed class LeaseReportTests
{
    static readonly DateTimeOffset Start = new(2026, 11, 22, 2, 0, 0, TimeSpan.Zero);

    static readonly RunReport Report = new()
    {
        Verb = "backup",
        ExitCode = 0,
        Start = Start,
        End = Start.AddMinutes(3),
        Series = "cluster/default/statefulset/db/data-db-0",
        Warnings = ["one", "two"],
        Backups = [new ReportedBackup("20261122t020000z-aaaaaa", "done", 3, 1000, 500, "abc", null, "00112233aabbccdd")],
        Retained = new ReportedCatalog(2, [new ReportedBackup("20261122t020000z-aaaaaa", "done", 3, 1000, 500), new ReportedBackup("20261121t020000z-bbbbbb", "done", 2, 900, 450)]),
    };

    static LeaseReport? Read(string text) => SeenLease.Of(new Lease { Metadata = new KubeMetadata { Name = "backup-db-data-db-0", Annotations = new() { [LeaseNotes.Report] = text } } }, 0).Report;

    [Fact]
    public void The_whole_report_tells_of_the_run_and_of_what_there_is()
    {
        var read = Read(JsonSerializer.Serialize(Report, ReportJson.Default.RunReport))!;
        Assert.Equal(("backup", "data-db-0", 0, Start.AddMinutes(3)), (read.Verb, read.Claim, read.ExitCode, read.End));
        Assert.Equal(new ReportedRun("20261122t020000z-aaaaaa", Start, Start.AddMinutes(3), 3, 1000, 500, "00112233aabbccdd", 2, "one"), read.Made);
        Assert.Equal((2, "20261121t020000z-bbbbbb"), (read.Retained!.Count, read.Retained.Newest[1].Id));
    }

    [Fact]
    public void The_short_form_tells_of_the_run()
    {
        var read = Read(Encoding.UTF8.GetString(TerminationMessage.Of(Report)))!;
        Assert.Equal(new ReportedRun("20261122t020000z-aaaaaa", Start, Start.AddMinutes(3), 3, 1000, 500, "00112233aabbccdd", 2, "one"), read.Made);
        // A number is no list: what is not in it is not gone.
        Assert.Null(read.Retained);
    }

    [Fact]
    public void One_that_failed_made_nothing() => Assert.Null(Read(JsonSerializer.Serialize(Report with { ExitCode = 4 }, ReportJson.Default.RunReport))!.Made);

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("7")]
    [InlineData("""{"verb": "backup"}""")]
    [InlineData("""{"verb": "backup", "exitCode": 0, "start": "x", "end": "2026-11-22T02:00:00Z", "series": "a/b/c/d/e"}""")]
    [InlineData("""{"verb": "backup", "exitCode": 0, "start": "2026-11-22T02:00:00Z", "end": "2026-11-22T02:00:00Z", "series": "a/b/c/d/"}""")]
    public void What_is_no_report_is_none(string text) => Assert.Null(Read(text));

    [Theory]
    [InlineData("""{"count": -1, "newest": []}""")]
    [InlineData("""{"count": "many"}""")]
    [InlineData("7")]
    public void A_list_that_is_none_removes_nothing(string retained) => Assert.Null(Read(
        $$"""{"verb": "backup", "exitCode": 0, "start": "2026-11-22T02:00:00Z", "end": "2026-11-22T02:00:00Z", "series": "a/b/c/d/e", "retained": {{retained}} }""")!.Retained);

    [Fact]
    public void Numbers_are_cut_to_what_can_be_added_up()
    {
        var read = Read("""
            {"verb": "backup", "exitCode": 0, "start": "2026-11-22T02:00:00Z", "end": "2026-11-22T02:00:00Z", "series": "a/b/c/d/e",
             "backups": [{"id": "20261122t020000z-aaaaaa", "bytes": 9223372036854775807, "storedBytes": -7}], "retained": {"count": 2147483647, "newest": []}}
            """)!;
        Assert.Equal((1L << 50, 0L), (read.Made!.Bytes, read.Made.StoredBytes));
        Assert.Null(read.Retained);
    }

    [Fact]
    public void Names_that_are_no_ids_are_passed_over_and_leave_the_list_short()
    {
        var read = Read("""
            {"verb": "backup", "exitCode": 0, "start": "2026-11-22T02:00:00Z", "end": "2026-11-22T02:00:00Z", "series": "a/b/c/d/e",
             "backups": [{"id": "../../etc"}], "retained": {"count": 2, "newest": [{"id": "<script>"}, {"id": "20261121t020000z-bbbbbb"}]}}
            """)!;
        Assert.Null(read.Made);
        Assert.Equal("20261121t020000z-bbbbbb", Assert.Single(read.Retained!.Newest).Id);
        Assert.Equal(2, read.Retained.Count);
    }
}
