using System.Diagnostics;
using System.Net;
using System.Text.RegularExpressions;
using BackupRunner.Webhook.Status.View;

namespace BackupRunner.Tests.Webhook.Status;

/// <summary>The page as it is sent. How a browser takes it: <see cref="BrowserTests"/>.</summary>
public sealed class StatusPageTests
{
    const string Hostile = "\"><script>alert('x')</script><img src=x onerror=alert(1)>&amp;'";

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Shows_what_is_protected_and_how()
    {
        await using var server = await StatusServer.Start(Views.Handful);
        var text = Words(await server.Get("/"));
        Assert.All((string[])
        [
            "redis databases · StatefulSet policy hourly", "0 2 * * * Europe/Berlin next in 6 h", "data-postgresql-0 Up to date 16 h ago took 8 min 32 s 41.7 GiB", "of 112.6 GiB, 1,217 files 14 9f2c41d0 38 h ago full",
            "Size of the last 14 backups: from 35.", "Backing up · upload 62 % 0.9 GiB of 1.4 GiB, 48.1 MiB/s, 11 s left", "not yet", "not scheduled", "messaging/ kafka",
            "Backup failed messaging/rabbitmq · data-rabbitmq-0 · 16 h ago cannot write to bucket \"backups\": access denied (403); the Secret \"backup-s3\" was not changed since 2026-08-30 (exit code 4)",
            "As of 2026-11-29 18:20:11 UTC , told by the replica that leads. The webhook's certificate expires in 64 d .",
        ], words => Assert.Contains(words, text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Overdue_failed_verification_and_wrong_protection_need_attention()
    {
        var claim = Views.Claim("data", 1, TimeSpan.FromHours(49), 3, 0, 5);
        var wrong = Views.Workload("a", "wrong", "gone", null, claim) with { IsGood = false, Status = "policy \"gone\" is not there" };
        var late = Views.Workload("a", "late", "nightly", Views.Daily("0 2 * * *", 2), claim with { VerificationFailure = new(Views.Now.AddDays(-1), "sha256 differs", null) });
        var hand = Views.Workload("a", "hand", "nightly", Views.Daily("0 2 * * *", 2) with { IsOn = false, Next = null, Interval = null }, claim);
        await using var server = await StatusServer.Start(Views.Empty with { Workloads = [wrong, late, hand] });
        var text = Words(await server.Get("/"));
        Assert.Contains("Not protected as it should be a/wrong policy \"gone\" is not there", text, StringComparison.Ordinal);
        Assert.Contains("Backup overdue a/late · data · 2 d ago the last one that succeeded is 2 d old, and one is due every 24 h", text, StringComparison.Ordinal);
        Assert.Contains("Verification failed a/late · data · 24 h ago sha256 differs", text, StringComparison.Ordinal);
        Assert.Contains("Need attention 3 things", text, StringComparison.Ordinal);
        Assert.Contains("off: by hand only data By hand", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_empty_cluster_is_taught()
    {
        await using var server = await StatusServer.Start(Views.Empty);
        var page = await server.Get("/");
        Assert.Contains("Nothing is protected yet", page, StringComparison.Ordinal);
        Assert.Contains("kubectl annotate statefulset NAME -n NAMESPACE backup.middleware.io/policy=POLICY", Words(page), StringComparison.Ordinal);
        Assert.DoesNotContain("<table", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hostile_names_and_messages_are_text()
    {
        var claim = new ClaimView
        {
            Claim = Hostile,
            LastSuccess = new(Hostile, Views.Now, TimeSpan.FromSeconds(1), 1, 1, 1, Hostile),
            LastFailure = new(Views.Now, Hostile, 3),
            VerificationFailure = new(Views.Now, Hostile, null),
            LastVerified = new(Views.Now, Hostile, Hostile),
            Running = new(Hostile, Hostile, 400, Hostile),
        };
        var workload = new WorkloadView(Hostile, Hostile, Hostile, Hostile, Hostile, IsGood: false, new ScheduleView(Hostile, Hostile, true, Views.Now, TimeSpan.FromHours(1)), [claim]);
        await using var server = await StatusServer.Start(Views.Empty with { Workloads = [workload], Unprotected = [new(Hostile, Hostile)] });
        foreach (var path in (string[])["/", "/running"])
        {
            var page = await server.Get(path);
            Assert.Contains("&gt;&lt;script&gt;alert(", page, StringComparison.Ordinal);
            Assert.DoesNotContain("<script>alert", page, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("<img src=x", page, StringComparison.OrdinalIgnoreCase);
            // Every quote that is left is markup of ours: no value ends before its own.
            Assert.All(Regex.Matches(page, "onerror"), match => Assert.Matches("&lt;img src=x $", page[..match.Index]));
        }
    }

    [Fact]
    public async Task The_filter_shows_one_namespace_and_keeps_the_choice()
    {
        await using var server = await StatusServer.Start(Views.Handful);
        var page = await server.Get("/?namespace=messaging");
        Assert.Contains("<option value=\"messaging\" selected>messaging</option>", page, StringComparison.Ordinal);
        Assert.Contains("<option value=\"databases\">databases</option>", page, StringComparison.Ordinal);
        Assert.Equal(["w-messaging-statefulset-rabbitmq"], Ids(page));
        Assert.Contains("Protected workloads 1 1 claim", Words(page), StringComparison.Ordinal);
        Assert.Equal(4, Ids(await server.Get("/?namespace=")).Count);
        Assert.Contains("Nothing is protected in nowhere", await server.Get("/?namespace=nowhere"), StringComparison.Ordinal);
        Assert.Contains("Unprotected 0", Words(await server.Get("/?namespace=databases")), StringComparison.Ordinal);
        Assert.DoesNotContain("data-run", await server.Get("/running?namespace=messaging"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/?namespace=A")]
    [InlineData("/?namespace=%3Cscript%3E")]
    [InlineData("/?namespace=a&namespace=b")]
    [InlineData("/running?namespace=-")]
    public async Task What_is_no_namespace_is_refused(string path)
    {
        await using var server = await StatusServer.Start(Views.Handful);
        using var answer = await server.Ask("GET", path);
        Assert.Equal((HttpStatusCode.BadRequest, "\"namespace\" is not a name of a namespace\n"), (answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancel)));
    }

    [Theory]
    [InlineData("POST", "/", HttpStatusCode.MethodNotAllowed)]
    [InlineData("DELETE", "/metrics", HttpStatusCode.MethodNotAllowed)]
    [InlineData("OPTIONS", "/", HttpStatusCode.MethodNotAllowed)]
    [InlineData("GET", "/index.html", HttpStatusCode.NotFound)]
    [InlineData("GET", "/livez", HttpStatusCode.NotFound)]
    [InlineData("HEAD", "/", HttpStatusCode.OK)]
    [InlineData("HEAD", "/metrics", HttpStatusCode.OK)]
    public async Task Only_what_is_there_can_be_read_and_nothing_changed(string method, string path, HttpStatusCode status)
    {
        await using var server = await StatusServer.Start(Views.Handful);
        using var answer = await server.Ask(method, path);
        Assert.Equal(status, answer.StatusCode);
        if (method == "HEAD")
            Assert.Empty(await answer.Content.ReadAsByteArrayAsync(Cancel));
        if (status == HttpStatusCode.MethodNotAllowed)
            Assert.Equal(["GET", "HEAD"], answer.Content.Headers.Allow.Order());
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/running")]
    [InlineData("/metrics")]
    [InlineData("/nothing")]
    public async Task Every_answer_says_that_nothing_else_may_run_frame_or_keep_it(string path)
    {
        await using var server = await StatusServer.Start(Views.Handful);
        using var answer = await server.Ask("GET", path);
        var policy = Assert.Single(answer.Headers.GetValues("Content-Security-Policy"));
        Assert.Matches("^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/=]{44}'; script-src 'sha256-[A-Za-z0-9+/=]{44}'; connect-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'$", policy);
        Assert.Equal(("nosniff", "no-referrer", "no-store"), (One("X-Content-Type-Options"), One("Referrer-Policy"), One("Cache-Control")));

        string One(string name) => Assert.Single(answer.Headers.GetValues(name));
    }

    [Fact]
    public async Task Nothing_comes_from_elsewhere()
    {
        await using var server = await StatusServer.Start(Views.Handful);
        var page = await server.Get("/");
        Assert.DoesNotMatch("(src|href|action)=\"(https?:|//|data:)", page);
        Assert.DoesNotContain(" style=", page, StringComparison.Ordinal);
        Assert.DoesNotMatch(" on[a-z]+=", page);
    }

    [Fact]
    public async Task Ten_times_five_hundred_workloads_are_drawn_up_to_a_limit_that_is_told()
    {
        await using var server = await StatusServer.Start(Views.Many(5_000, seed: 7));
        var page = await server.Get("/");
        Assert.Equal(1_000, Ids(page).Count);
        Assert.Contains("and 4,000 more; choose a namespace to see them", page, StringComparison.Ordinal);
        Assert.InRange(page.Length, 500_000, 6_000_000);
    }

    [Fact]
    public async Task Five_hundred_workloads_are_drawn_in_a_moment()
    {
        await using var server = await StatusServer.Start(Views.Many(500, seed: 7));
        var page = await server.Get("/");
        var took = Stopwatch.StartNew();
        for (var i = 0; i < 5; i++)
            await server.Get("/");
        TestContext.Current.TestOutputHelper!.WriteLine($"500 workloads: {page.Length} characters, {took.ElapsedMilliseconds / 5} ms");
        Assert.Equal(500, Ids(page).Count);
        // A machine that is busy with other tests; alone it takes a few milliseconds.
        Assert.InRange(took.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(60));
    }

    static List<string> Ids(string page) => [.. Regex.Matches(page, "<tbody id=\"([^\"]*)\"").Select(match => match.Groups[1].Value)];

    /// <summary>What a person reads, without the style and the script.</summary>
    static string Words(string page) =>
        Regex.Replace(WebUtility.HtmlDecode(Regex.Replace(Regex.Replace(page, "<(style|script)>.*?</\\1>", "", RegexOptions.Singleline), "<[^>]*>", " ")), "\\s+", " ");
}
