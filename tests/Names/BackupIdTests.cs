using BackupRunner.Names;

namespace BackupRunner.Tests.Names;

public sealed class BackupIdTests
{
    static readonly DateTimeOffset Two = new(2026, 11, 22, 2, 0, 0, TimeSpan.Zero);

    [Fact]
    public void An_id_is_its_start_in_utc_and_six_base32_characters()
    {
        var id = BackupId.New(Two.ToOffset(TimeSpan.FromHours(8)), [0xff, 0xff, 0xff, 0xff]);
        Assert.Equal("20261122t020000z-777777", id.Text);
        Assert.Equal(Two, id.Time);
        Assert.Equal(id, BackupId.Parse(id.Text));
    }

    [Theory]
    [InlineData("")]
    [InlineData("20261122t020000z-77777")]
    [InlineData("20261122t020000z-777771")]
    [InlineData("20261122T020000Z-777777")]
    [InlineData("20261322t020000z-777777")]
    [InlineData("../../etc/passwd.......")]
    public void Refuses_what_is_no_id(string text) => Assert.Null(BackupId.Parse(text));

    [Fact]
    public void Keys_of_a_backup_come_back_from_their_text()
    {
        var keys = new BackupKeys("team/a", new SeriesId("c", "n", "statefulset", "s", "d"), BackupId.New(Two, [1, 2, 3, 4]));
        Assert.Equal((keys, "backup.json"), BackupKeys.Parse("team/a", keys.Manifest));
        Assert.Equal((keys, "keys/0123456789abcdef.json"), BackupKeys.Parse("team/a/", keys.Folder + "keys/0123456789abcdef.json") is { } parsed
            ? (parsed.Keys with { Prefix = "team/a" }, parsed.File)
            : default);
        Assert.Null(BackupKeys.Parse("team/b", keys.Manifest));
    }
}
