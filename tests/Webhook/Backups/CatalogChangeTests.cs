using BackupRunner.Names;
using BackupRunner.Webhook.Backups;
using BackupRunner.Webhook.Reconcile;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Tests.Webhook;

/// <summary>What the report of the last run makes of the Backups of its claim.</summary>
public sealed class CatalogChangeTests
{
    const string Claim = "data-db-0";
    const string First = "20261120t020000z-aaaaaa";
    const string Second = "20261121t020000z-bbbbbb";
    const string Third = "20261122t020000z-cccccc";

    static readonly DateTimeOffset Listed = new(2026, 11, 22, 2, 5, 0, TimeSpan.Zero);

    static LeaseReport Report(IReadOnlyList<string>? retained, string? made = Third, int? count = null, IReadOnlyList<string>? others = null, string? oldest = null, bool knowsOthers = true) => new(
        "backup", Claim, 0, Listed - TimeSpan.FromMinutes(5), Listed,
        made is null ? null : new ReportedRun(made, Listed - TimeSpan.FromMinutes(5), Listed, 3, 1000, 500, "00112233aabbccdd", 0, null),
        retained is null ? null : new RetainedBackups(count ?? retained.Count, [.. retained.Select(id => new RetainedBackup(id, 3, 900, 450, null))], knowsOthers ? (others ?? []).ToHashSet() : null, oldest));

    static BackupObject Record(string id, bool isTold = true) => Object($"record-{id}", new RecordOf(id, null), isTold ? Told(BackupPhase.Succeeded, (Claim, id)) : BackupStatus.None);

    static BackupObject Asked(string name, BackupStatus status) => Object(name, null, status);

    static BackupStatus Told(BackupPhase phase, params (string Claim, string? Id)[] claims) =>
        new(phase, [.. claims.Select(one => new ClaimBackup { Claim = one.Claim, Id = one.Id, Completed = one.Id is null ? null : BackupId.Parse(one.Id)!.Time, Phase = one.Id is null ? BackupPhase.Failed : BackupPhase.Succeeded })], null, []);

    static BackupObject Object(string name, RecordOf? record, BackupStatus status) =>
        new("default", name, name, 1, "1", Listed, false, new WorkloadId(ClusterNames.StatefulSet, "default", "db"), null, record, status);

    static string Said(CatalogChange change) => change switch
    {
        CatalogChange.Add add => "add " + add.Backup.Id,
        CatalogChange.Fill fill => "fill " + fill.Record.Name,
        CatalogChange.Mark mark => "mark " + mark.Backup.Name,
        CatalogChange.Remove remove => "remove " + remove.Backup.Name,
        _ => throw new InvalidOperationException(),
    };

    static List<string> Changes(LeaseReport report, bool running = false, params BackupObject[] known) => [.. CatalogChange.Of(Claim, known, report, running).Select(Said)];

    [Fact]
    public void What_was_made_while_nobody_looked_is_recorded() =>
        Assert.Equal([$"add {Third}", $"add {Second}", $"add {First}"], Changes(Report([Third, Second, First])));

    [Fact]
    public void What_the_run_itself_made_is_recorded_with_all_that_it_said()
    {
        var made = Assert.IsType<CatalogChange.Add>(Assert.Single(CatalogChange.Of(Claim, [], Report(null), running: false))).Backup;
        Assert.Equal((Third, 1000L, 500L, "00112233aabbccdd", Listed), (made.Id, made.Bytes, made.StoredBytes, made.KeyId, made.Completed));
    }

    [Fact]
    public void What_is_known_is_not_recorded_again() =>
        Assert.Empty(Changes(Report([Third, Second, First]), false, Record(First), Record(Second), Asked("mine", Told(BackupPhase.Succeeded, (Claim, Third)))));

    [Fact]
    public void What_a_Backup_that_is_not_over_may_have_made_is_its_own_to_tell() =>
        Assert.Equal([$"add {Second}"], Changes(Report([Third, Second]), true, Asked("mine", Told(BackupPhase.Running))));

    [Fact]
    public void A_record_whose_status_was_not_written_gets_it() =>
        Assert.Equal([$"fill record-{Third}"], Changes(Report([Third]), false, Record(Third, isTold: false)));

    [Fact]
    public void What_retention_removed_loses_its_record() =>
        Assert.Equal([$"remove record-{First}"], Changes(Report([Third, Second]), false, Record(First), Record(Second), Record(Third)));

    [Fact]
    public void A_Backup_that_was_asked_for_goes_with_the_last_of_what_it_made()
    {
        const string other = "20261120t020000z-dddddd";
        Assert.Equal(["mark two"], Changes(Report([Third]), false, Record(Third), Asked("two", Told(BackupPhase.Succeeded, (Claim, First), ("data-db-1", other)))));
        var half = Told(BackupPhase.Succeeded, (Claim, First), ("data-db-1", other));
        half = half with { Claims = [half.Claims[0], half.Claims[1] with { IsGone = true }] };
        Assert.Equal(["remove two"], Changes(Report([Third]), false, Record(Third), Asked("two", half)));
        Assert.Equal(["remove part"], Changes(Report([Third]), false, Record(Third), Asked("part", Told(BackupPhase.Failed, (Claim, First), ("data-db-1", null)))));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Without_a_listing_nothing_is_removed(bool listed)
    {
        // A list of the newest only says nothing of those that are older than its last.
        var report = listed ? Report([Third, Second], count: 3) : Report(null);
        Assert.Empty(Changes(report, false, Record(First), Record(Second), Record(Third)));
    }

    [Fact]
    public void What_the_store_holds_and_nobody_can_read_now_stays()
    {
        // A key that the ring lacks, a damaged manifest; or so many that they are not listed.
        Assert.Empty(Changes(Report([Third, Second], others: [First]), false, Record(First), Record(Second), Record(Third)));
        Assert.Empty(Changes(Report([Third, Second], knowsOthers: false), false, Record(First), Record(Second), Record(Third)));
    }

    [Fact]
    public void Of_more_than_are_listed_those_go_that_are_older_than_the_oldest()
    {
        Assert.Equal([$"remove record-{First}"], Changes(Report([Third], count: 2, oldest: Second), false, Record(First), Record(Second), Record(Third)));
        Assert.Empty(Changes(Report([Third], count: 3, oldest: First), false, Record(First), Record(Second), Record(Third)));
    }

    [Fact]
    public void One_that_waited_for_its_Lease_is_not_missed_in_the_listing_of_the_run_before_it()
    {
        var waited = Told(BackupPhase.Succeeded, (Claim, First));
        waited = waited with { Claims = [waited.Claims[0] with { Completed = Listed.AddHours(1) }] };
        Assert.Empty(Changes(Report([Third]), false, Record(Third), Asked("waited", waited)));
    }

    [Fact]
    public void What_was_made_after_the_listing_stays() =>
        Assert.Empty(Changes(Report([Third]), false, Record(Third), Record("20261123t020000z-eeeeee")));

    [Fact]
    public void What_the_run_made_and_removed_at_once_is_not_recorded() => Assert.Equal([$"add {Second}"], Changes(Report([Second])));

    [Fact]
    public void An_empty_store_empties_the_catalogue() => Assert.Equal([$"remove record-{First}"], Changes(Report([], made: null), false, Record(First)));

    [Fact]
    public void One_that_is_being_deleted_is_left_alone() => Assert.Empty(Changes(Report([Third]), false, Record(Third), Record(First) with { IsBeingDeleted = true }));
}
