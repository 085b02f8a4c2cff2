using System.Text.Json.Nodes;
using BackupRunner.Tests.Support;
using BackupRunner.Webhook.Status.View;

namespace BackupRunner.Tests.Webhook.Status;

/// <summary>The page in a real browser.</summary>
public sealed class BrowserTests(Browser browser) : IClassFixture<Browser>
{
    const string Asked = "performance.getEntriesByType('resource').filter(one => one.name.includes('/running')).length > 0";

    const string Focusable = "[...document.querySelectorAll('a[href], select, button, summary')].filter(one => one.checkVisibility())";

    static readonly string LongName = string.Join('-', Enumerable.Repeat("averylongname", 19));

    [Theory]
    [InlineData(400)]
    [InlineData(720)]
    [InlineData(1070)]
    [InlineData(1280)]
    public async Task Nothing_is_wider_than_the_window(int width)
    {
        var @long = Views.Workload(LongName[..63], LongName, LongName, Views.Daily("0,5,10,15,20,25,30,35,40,45,50,55 0-5,9-23 1,15 JAN-DEC MON-FRI", 2),
            Views.Claim(LongName, 1, TimeSpan.FromHours(60), 5, 0, 5) with { LastFailure = new(Views.Now, new string('x', 400), 4), Running = new("backup", LongName, 5, LongName) });
        foreach (var view in (StatusView[])[Views.Handful, Views.Empty, Views.Many(60, seed: 3), Views.Empty with { Workloads = [@long with { IsGood = false, Status = LongName }], Unprotected = [new(LongName, LongName)] }])
        {
            await using var server = await StatusServer.Start(view);
            await using var page = await browser.Open(server.Address, width, dark: false);
            Assert.Equal(width, (int)(await page.Value("document.documentElement.scrollWidth"))!);
            Assert.Empty((JsonArray)(await page.Value("[...document.querySelectorAll('body *')].filter(one => one.checkVisibility() && one.getBoundingClientRect().right > innerWidth + 0.5).map(one => one.outerHTML.slice(0, 200))"))!);
        }
    }

    [Fact]
    public async Task A_browser_has_nothing_to_complain_of()
    {
        await using var server = await StatusServer.Start(Views.Handful);
        await using var page = await browser.Open(server.Address, 1280, dark: false);
        await page.Until(Asked);
        Assert.Empty(page.Complaints);
        Assert.Equal("CSS1Compat", (string?)await page.Value("document.compatMode"));
        Assert.True((bool)(await page.Value("document.querySelector('header img').naturalWidth > 0"))!);
    }

    [Theory]
    [InlineData("script", "textContent", "window.pwned = true")]
    [InlineData("script", "src", "data:text/javascript,window.pwned = true")]
    [InlineData("style", "textContent", "h1 { position: fixed }")]
    [InlineData("img", "src", "http://127.0.0.1:9/x.png")]
    public async Task What_somebody_brings_into_the_page_is_not_run_or_loaded_and_the_browser_says_so(string element, string property, string content)
    {
        await using var server = await StatusServer.Start(Views.Handful);
        await using var page = await browser.Open(server.Address, 1280, dark: false);
        await page.Value($"{{ const made = document.createElement('{element}'); made.{property} = '{content}'; document.body.append(made); }}");
        await Eventually.True(() => Task.FromResult(page.Complaints.Any(said => said.Contains("Content Security Policy", StringComparison.Ordinal))), "a complaint");
        Assert.False((bool)(await page.Value("'pwned' in window || getComputedStyle(document.querySelector('h1')).position == 'fixed'"))!);
    }

    [Theory]
    [InlineData(false, 1280)]
    [InlineData(true, 1280)]
    [InlineData(false, 400)]
    [InlineData(true, 400)]
    public async Task Every_text_can_be_read_on_its_ground(bool dark, int width)
    {
        foreach (var view in (StatusView[])[Views.Handful, Views.Many(60, seed: 3), Views.Empty])
        {
            await using var server = await StatusServer.Start(view);
            await using var page = await browser.Open(server.Address, width, dark);
            var ground = (string)(await page.Value("getComputedStyle(document.body).backgroundColor"))!;
            Assert.Equal(dark ? "rgb(13, 18, 24)" : "rgb(245, 247, 250)", ground);
            // Web Content Accessibility Guidelines 2.2, 1.4.3.
            var texts = (JsonArray)(await page.Value(await File.ReadAllTextAsync(Repository.PathOf("tests/Webhook/Status/contrast.js"), TestContext.Current.CancellationToken)))!;
            Assert.True(texts.Count > (view.Workloads.Count > 0 ? 60 : 15), $"{texts.Count} texts");
            Assert.Empty(texts.Where(text => (double)text!["contrast"]! < 4.5).Select(text => text!.ToJsonString()));
        }
    }

    [Theory]
    [InlineData(1280)]
    [InlineData(400)]
    public async Task Tab_goes_to_everything_in_order_and_shows_where_it_is(int width)
    {
        await using var server = await StatusServer.Start(Views.Many(60, seed: 3));
        await using var page = await browser.Open(server.Address, width, dark: true);
        var all = (int)(await page.Value(Focusable + ".length"))!;
        Assert.InRange(all, 12, 200);
        Assert.Equal("#workloads", (string?)await page.Value(Focusable + "[0].getAttribute('href')"));
        for (var i = 0; i < all; i++)
        {
            await page.Press("Tab", 9);
            var at = await page.Value($$"""
                (() => {
                  const [at, all] = [document.activeElement, {{Focusable}}];
                  const [style, box] = [getComputedStyle(at), at.getBoundingClientRect()];
                  return {place: all.indexOf(at), outline: style.outlineStyle == 'none' ? 0 : parseFloat(style.outlineWidth), inside: box.top >= 0 && box.bottom <= innerHeight && box.width > 0,
                    covered: !at.contains(document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2)), what: at.outerHTML.slice(0, 120)};
                })()
                """);
            Assert.Equal(i, (int)at!["place"]!);
            Assert.True((double)at["outline"]! >= 2 && (bool)at["inside"]! && !(bool)at["covered"]!, at.ToJsonString());
        }
    }

    [Fact]
    public async Task The_first_link_leads_past_everything_to_the_table()
    {
        await using var server = await StatusServer.Start(Views.Many(60, seed: 3));
        await using var page = await browser.Open(server.Address, 1280, dark: false);
        await page.Press("Tab", 9);
        await page.Press("Enter", 13, "\r");
        await page.Until("location.hash == '#workloads' && document.activeElement.id == 'workloads'");
        await page.Until("document.querySelector('table').getBoundingClientRect().top < innerHeight / 2");
    }

    [Fact]
    public async Task The_table_tells_a_screen_reader_what_each_cell_belongs_to()
    {
        await using var server = await StatusServer.Start(Views.Handful);
        await using var page = await browser.Open(server.Address, 400, dark: false);
        Assert.Equal(8, (int)(await page.Value("document.querySelectorAll('table thead th[scope=col]').length"))!);
        Assert.Equal(4, (int)(await page.Value("document.querySelectorAll('table tbody th[scope=rowgroup]').length"))!);
        var nodes = (JsonArray)(await page.Call("Accessibility.getFullAXTree", []))["nodes"]!;
        var roles = nodes.Where(node => (bool)node!["ignored"]! == false).GroupBy(node => (string)node!["role"]!["value"]!, node => (string?)node!["name"]?["value"]).ToDictionary(role => role.Key, role => role.ToList());
        Assert.Equal(["Protected workloads, a row for each claim"], roles["table"]);
        Assert.Equal(["Backing up redis, claim data-redis-0", "Backing up redis, claim data-redis-0"], roles["progressbar"]);
        Assert.Equal(["Namespace"], roles["combobox"]);
        Assert.Contains(roles["image"], name => name!.StartsWith("Size of the last 14 backups: from ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_bar_moves_and_the_page_follows_what_begins_and_ends()
    {
        await using var server = await StatusServer.Start(Views.Running(10));
        await using var page = await browser.Open(server.Address, 1280, dark: false);
        const string Values = "[...document.querySelectorAll('progress')].map(bar => bar.getAttribute('value')).join()";
        Assert.Equal("10,10", (string?)await page.Value(Values));
        await page.Value("window.sameDocument = true; document.getElementById('namespace').focus(); 0");

        server.View = Views.Running(80);
        await page.Until($"{Values} == '80,80'");

        server.View = Views.Running(null);
        await page.Until($"{Values} == ',' && document.querySelector('progress').matches(':indeterminate')");

        server.View = Views.Handful with { Workloads = [Views.WithRun(Views.Handful.Workloads[0], new("verify", null, 5, null)), Views.WithRun(Views.Handful.Workloads[1], null)] };
        await page.Until("document.getElementById('running').innerText.includes('Verifying')");
        Assert.True((bool)(await page.Value("window.sameDocument === true && document.activeElement.id == 'namespace'"))!);

        server.View = Views.Failing;
        await page.Until("document.getElementById('running').hidden");
        Assert.Empty(page.Complaints);
    }

    [Fact]
    public async Task Who_reads_keeps_the_place_when_the_page_is_drawn_again()
    {
        await using var server = await StatusServer.Start(Views.Many(500, seed: 7));
        await using var page = await browser.Open(server.Address, 1280, dark: false);
        await page.Value("document.getElementById('problems-more').open = true; document.getElementById('problem-20').focus(); window.drawn = document.querySelector('main'); window.at = scrollY; 0");
        server.View = Views.Many(500, seed: 7) with { Workloads = [.. server.View.Workloads.Skip(1).Append(Views.WithRun(Views.Handful.Workloads[0], new("backup", null, 1, null)))] };
        await page.Until("document.querySelector('main') !== window.drawn && document.querySelectorAll('progress').length > 0");
        Assert.True((bool)(await page.Value("document.activeElement.id == 'problem-20' && document.getElementById('problems-more').open && Math.abs(scrollY - window.at) < 200"))!);
    }

    [Fact]
    public async Task A_page_whose_server_is_gone_says_so()
    {
        var server = await StatusServer.Start(Views.Handful);
        await using var page = await browser.Open(server.Address, 400, dark: false);
        await page.Until(Asked);
        Assert.True((bool)(await page.Value("document.getElementById('stale').hidden"))!);
        await server.DisposeAsync();
        await page.Until("document.getElementById('stale').checkVisibility()");
        Assert.True((bool)(await page.Value("document.body.innerText.includes('rabbitmq')"))!);
    }

    [Fact]
    public async Task The_filter_works_without_scripts()
    {
        await using var server = await StatusServer.Start(Views.Handful);
        await using var page = await browser.Open(server.Address, 400, dark: false);
        await page.Call("Emulation.setScriptExecutionDisabled", new() { ["value"] = true });
        await page.Value("document.getElementById('namespace').value = 'messaging'; document.querySelector('button').focus(); 0");
        await page.Press("Enter", 13, "\r");
        await page.Until("location.search == '?namespace=messaging' && document.readyState == 'complete'");
        Assert.Equal("rabbitmq", (string?)await page.Value("[...document.querySelectorAll('tbody th b')].map(name => name.textContent).join()"));
        Assert.Equal("messaging", (string?)await page.Value("document.getElementById('namespace').value"));
    }
}
