using System.Text.Json;
using BackupRunner.Reports;

namespace BackupRunner.Tests.Reports;

public sealed class TerminationMessageTests
{
    static readonly DateTimeOffset Time = new(2026, 11, 22, 2, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData('x')]
    [InlineData('\u0001')]
    [InlineData('"')]
    [InlineData('é')]
    [InlineData('\ud800')]
    public void However_long_the_report_the_message_is_one_line_that_fits(char character)
    {
        var text = new string(character, 5000);
        var many = Enumerable.Repeat(text, 1000).ToList();
        var message = TerminationMessage.Of(new RunReport
        {
            Verb = text,
            ExitCode = int.MinValue,
            Start = DateTimeOffset.MaxValue,
            End = Time,
            Series = text,
            Store = text,
            Error = text,
            Hint = text,
            Warnings = many,
            Backups = [new ReportedBackup(text, text, long.MinValue, long.MinValue, long.MinValue, text, text, text)],
            Deleted = [.. many.Select(one => new ReportedDeletion(one, one))],
            Rewrap = new ReportedRewrap(text, int.MinValue, many),
            Audit = new ReportedAudit(DateTimeOffset.MaxValue, text, 1, Keys(TerminationMessage.MaxKeyIds)),
            Retained = new ReportedCatalog(int.MinValue, []),
            Data = DataState.RolledBack,
            Verification = text,
        });
        Assert.InRange(message.Length, 1, TerminationMessage.MaxBytes);
        Assert.DoesNotContain((byte)'\n', message);
        var read = JsonDocument.Parse(message).RootElement;
        Assert.Equal(1000, read.GetProperty("warnings").GetInt32());
        Assert.Equal(1000, read.GetProperty("deleted").GetInt32());
    }

    /// <summary>Who removes keys by it must not take the first of them for all.</summary>
    [Fact]
    public void An_audit_is_told_with_all_its_keys_or_with_none()
    {
        Assert.Equal(TerminationMessage.MaxKeyIds, Told(TerminationMessage.MaxKeyIds).GetProperty("auditKeyIds").GetArrayLength());
        Assert.Equal(0, Told(0).GetProperty("auditKeyIds").GetArrayLength());
        Assert.False(Told(TerminationMessage.MaxKeyIds + 1).TryGetProperty("auditKeyIds", out _));

        static JsonElement Told(int keys) => JsonDocument.Parse(TerminationMessage.Of(new RunReport
        {
            Verb = "keys audit",
            ExitCode = 0,
            Start = Time,
            End = Time,
            Audit = new ReportedAudit(Time, "", 1, Keys(keys)),
        })).RootElement;
    }

    static IReadOnlyList<ReportedKey> Keys(int count) => [.. Enumerable.Range(0, count).Select(number => new ReportedKey($"{number:x16}", 1, ReportedKey.Current))];

    [Fact]
    public void A_small_report_is_told_in_full()
    {
        var message = TerminationMessage.Of(new RunReport
        {
            Verb = "backup",
            ExitCode = 0,
            Start = Time,
            End = Time.AddSeconds(3),
            Series = "c/n/statefulset/s/d",
            Backups = [new ReportedBackup("20261122t020000z-abcdef", "done", 3, 100, 50, "ab")],
        });
        Assert.Equal(
            """{"verb":"backup","exitCode":0,"start":"2026-11-22T02:00:00Z","end":"2026-11-22T02:00:03Z","series":"c/n/statefulset/s/d","id":"20261122t020000z-abcdef","sha256":"ab","files":3,"bytes":100,"storedBytes":50,"warnings":0,"deleted":0}""",
            System.Text.Encoding.UTF8.GetString(message));
    }
}
