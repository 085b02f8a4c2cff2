using BackupRunner.Keys;

namespace BackupRunner.Tests.Keys;

/// <summary>An old key that could go, and one thing that holds it back.</summary>
public sealed class KeyRemovalTests : KeyRotationCase
{
    [Fact]
    public void Removes_an_old_key_that_no_wrap_is_by()
    {
        Retired(7);
        Audits.Add(Audit("s3://a", 100, Current));
        Expect(new KeyAction.Remove(Old), $"no backup in s3://a needs key {Old}");
    }

    [Fact]
    public void Keeps_an_old_key_for_the_longest_retention_of_all_policies()
    {
        Retired(6.9);
        Audits.Add(Audit("s3://a", 100));
        Expect(new KeyAction.Nothing(), $"old key {Old} stays until");
        Uses = [Use("nightly", 90, keepOldKeys: false)];
        Expect(new KeyAction.Remove(Old), "");
        Uses.Add(Use("never", 90, enabled: false));
        Expect(new KeyAction.Nothing(), $"old key {Old} stays until");
        Times[Old] = Times[Old] with { Retired = Day.AddDays(3) };
        Expect(new KeyAction.Nothing(), "stays until 2026-11-29T02:00:00Z");
    }

    [Fact]
    public void An_audit_counts_when_it_began_ten_minutes_after_the_current_key_was_everywhere()
    {
        Retired(8);
        Copies.Add(new KeyCopy("red", Seen("1", 110, Current, Old)));
        Audits.Add(Audit("s3://a", 100));
        Expect(new KeyAction.Remove(Old), "");
        Audits[0] = Audit("s3://a", 100.1);
        ExpectAudit("s3://a");
        Copies.Clear();
        Expect(new KeyAction.Remove(Old), "");
        Secret = Secret with { Seen = Seen("1", 110, Current, Old) };
        ExpectAudit("s3://a");
        Audits[0] = Audit("s3://a", -1);
        Expect(new KeyAction.Nothing(), "no complete audit of s3://a");
    }

    [Fact]
    public void Asks_for_an_audit_only_once_it_would_count()
    {
        Retired(8);
        Secret = Secret with { Seen = Seen("1", 9, Current, Old) };
        Expect(new KeyAction.Nothing(), "seen current everywhere for 10m");
    }

    [Fact]
    public void An_audit_that_failed_is_none_and_is_asked_for_again_a_day_later()
    {
        Retired(8);
        Secret = Secret with { Seen = Seen("1", 5000, Current, Old) };
        Audits.Add(new KeyAudit("s3://a", Steady - TimeSpan.FromMinutes(1439), null));
        Expect(new KeyAction.Nothing(), "no complete audit of s3://a");
        Audits[0] = Audits[0] with { AskedAt = Steady - TimeSpan.FromMinutes(1440) };
        ExpectAudit("s3://a");
        Audits.Add(Audit("s3://a", 4000));
        Expect(new KeyAction.Remove(Old), "");
    }

    [Fact]
    public void Every_place_that_was_ever_stored_to_must_be_audited()
    {
        Retired(8);
        Audits.Add(Audit("s3://a", 100));
        Secret = Secret with { Locations = new HashSet<string> { "s3://a", "gs://b" } };
        Expect(new KeyAction.Nothing(), "no policy stores to gs://b any more");
        Uses.Add(Use("other", 90) with { Location = "gs://b" });
        ExpectAudit("gs://b");
        Audits.Add(Audit("gs://b", 100));
        Expect(new KeyAction.Remove(Old), "");
    }

    [Fact]
    public void A_key_that_backups_need_stays_and_the_next_one_may_go()
    {
        Retired(8);
        Audits.Add(Audit("s3://a", 100, Old));
        Expect(new KeyAction.Nothing(), $"key {Old} cannot be removed: backups in s3://a need it");
        Times[Next] = Promoted(300) with { Retired = Day.AddDays(-7.5) };
        Secret = Secret with { Seen = Seen("1", 1000, Current, Old, Next) };
        Expect(new KeyAction.Remove(Next), "");
    }

    [Fact]
    public void The_newest_audit_of_a_place_counts()
    {
        Retired(8);
        Audits.AddRange([Audit("s3://a", 100), Audit("s3://a", 200, Old)]);
        Expect(new KeyAction.Remove(Old), "");
        Audits.Add(Audit("s3://a", 50, Old));
        Expect(new KeyAction.Nothing(), "cannot be removed");
    }

    [Fact]
    public void A_copy_that_is_not_in_step_holds_removal_back()
    {
        Retired(8);
        Audits.Add(Audit("s3://a", 100));
        Copies.Add(new KeyCopy("red", Seen("1", 1000, Current)));
        Expect(new KeyAction.Nothing(), $"the copy in namespace \"red\" lacks key {Old}");
    }

    [Fact]
    public void The_current_key_is_never_removed_whatever_is_recorded()
    {
        Times[Current] = new KeyTimes(null, Day.AddDays(-1), Day.AddDays(-30));
        Audits.Add(Audit("s3://a", 100));
        ExpectRecord(Current, new KeyTimes(null, Day));
    }

    [Fact]
    public void A_key_left_in_a_copy_goes_when_no_backup_needs_it()
    {
        Copies.Add(new KeyCopy("red", Seen("1", 1000, Current, Old)));
        ExpectAudit("s3://a");
        Audits.Add(Audit("s3://a", 100));
        Expect(new KeyAction.Remove(Old), "");
    }

    [Fact]
    public void While_backups_need_a_key_that_somebody_took_out_nothing_is_removed()
    {
        Retired(8);
        Times[Strange] = Promoted(100);
        Audits.Add(Audit("s3://a", 100, Strange));
        Expect(new KeyAction.Nothing(), $"backups need key {Strange}, which was taken out of the Secret");
        Copies.Add(new KeyCopy("red", Seen("1", 1000, Current, Old, Strange)));
        Expect(new KeyAction.Nothing(), "copy the field back from namespace \"red\"");
    }
}
