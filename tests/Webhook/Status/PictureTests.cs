using BackupRunner.Tests.Support;
using BackupRunner.Webhook.Status.View;

namespace BackupRunner.Tests.Webhook.Status;

/// <summary>How the page looks, for people: pictures below artifacts/status-page. UPDATE_PICTURE=1 also exchanges the one that README shows.</summary>
public sealed class PictureTests(Browser browser) : IClassFixture<Browser>
{
    static readonly string Folder = Directory.CreateDirectory(Repository.PathOf("artifacts/status-page")).FullName;

    [Theory]
    [InlineData("handful")]
    [InlineData("many")]
    [InlineData("none")]
    [InlineData("failing")]
    [InlineData("running")]
    public async Task Every_scene_is_drawn_at_both_widths_and_in_both_schemes(string scene)
    {
        await using var server = await StatusServer.Start(Of(scene));
        foreach (var width in (int[])[1280, 400])
            foreach (var dark in (bool[])[false, true])
            {
                await using var page = await browser.Open(server.Address, width, dark);
                var picture = await page.Picture();
                await File.WriteAllBytesAsync(Path.Join(Folder, $"{scene}-{width}-{(dark ? "dark" : "light")}.png"), picture, TestContext.Current.CancellationToken);
                Assert.True(picture.Length > 10_000);
            }
    }

    [Fact]
    public async Task README_shows_it()
    {
        var file = Repository.PathOf("docs/status-page.png");
        if (Environment.GetEnvironmentVariable("UPDATE_PICTURE") == "1")
        {
            await using var server = await StatusServer.Start(Views.Handful);
            await using var page = await browser.Open(server.Address, 1280, dark: false);
            await File.WriteAllBytesAsync(file, await page.Picture(), TestContext.Current.CancellationToken);
        }
        Assert.InRange(new FileInfo(file).Length, 20_000, 250_000);
    }

    static StatusView Of(string scene) => scene switch
    {
        "handful" => Views.Handful,
        "many" => Views.Many(500, seed: 7),
        "none" => Views.Empty,
        "failing" => Views.Failing,
        "running" => Views.Running(62),
        _ => throw new ArgumentException(scene),
    };
}
