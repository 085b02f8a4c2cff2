using System.Diagnostics;
using System.Net;
using BackupRunner.Tests.Support;
using BackupRunner.Webhook.Admission;
using BackupRunner.Webhook.Status.Metrics;
using BackupRunner.Webhook.Status.View;

namespace BackupRunner.Tests.Webhook.Status;

/// <summary>What <c>/metrics</c> answers.</summary>
public sealed class MetricsTests
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Tells_of_every_claim_what_the_view_has()
    {
        await using var server = await StatusServer.Start(Views.Handful);
        var text = await server.Get("/metrics");
        const string Redis = "{namespace=\"databases\",kind=\"StatefulSet\",workload=\"redis\",claim=\"data-redis-0\"}";
        const string Rabbit = "{namespace=\"messaging\",kind=\"StatefulSet\",workload=\"rabbitmq\",claim=\"data-rabbitmq-0\"}";
        var last = Views.Handful.Workloads[1].Claims[0].LastSuccess!;
        Assert.All((string[])
        [
            $"backup_last_success_timestamp_seconds{Redis} {last.Time.ToUnixTimeSeconds()}", $"backup_duration_seconds{Redis} 21", $"backup_size_bytes{Redis} {last.Bytes}", $"backup_stored_bytes{Redis} {last.StoredBytes}",
            $"backup_files{Redis} 1227", $"backup_failures_total{Redis} 0", $"backup_failures_total{Rabbit} 3", $"backup_retained{Redis} 24", $"backup_running{Redis} 1", $"restore_running{Redis} 0", $"backup_verification_running{Redis} 0",
            $"backup_progress_ratio{Redis} 0.62", $"backup_verification_failed{Redis} 0", $"backup_verification_scheduled{Redis} 1", $"backup_verification_scheduled{Rabbit} 0", $"backup_schedule_interval_seconds{Redis} 3600",
            $"backup_last_failure_timestamp_seconds{Rabbit} {Views.Now.AddHours(-16.8).ToUnixTimeSeconds()}", "backup_protected{namespace=\"databases\",kind=\"StatefulSet\",workload=\"redis\"} 1",
            "backup_workload_healthy{namespace=\"databases\",kind=\"StatefulSet\",workload=\"redis\"} 1", "backup_unprotected_statefulsets{namespace=\"messaging\"} 1", "backup_webhook_leader 1",
            $"backup_webhook_certificate_expiry_timestamp_seconds {Views.Now.AddDays(64).ToUnixTimeSeconds()}",
        ], line => Assert.Contains(line, text.Split('\n')));
        // What is not known is no number.
        Assert.DoesNotContain($"backup_last_failure_timestamp_seconds{Redis}", text, StringComparison.Ordinal);
        Assert.DoesNotContain($"backup_last_verified_timestamp_seconds{Rabbit}", text, StringComparison.Ordinal);
        Assert.DoesNotContain($"backup_progress_ratio{Rabbit}", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_schedule_that_is_off_has_no_interval_and_a_replica_that_stands_by_says_so()
    {
        var off = Views.Handful.Workloads[1] with { Schedule = new ScheduleView("0 2 * * *", null, IsOn: false, Views.Now, TimeSpan.FromDays(1)), IsGood = false };
        await using var server = await StatusServer.Start(Views.Empty with { Workloads = [off], Leads = false, CertificateExpiry = null });
        var text = await server.Get("/metrics");
        Assert.DoesNotContain("backup_schedule_interval_seconds{", text, StringComparison.Ordinal);
        Assert.DoesNotContain("backup_schedule_next_timestamp_seconds{", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\nbackup_webhook_certificate_expiry_timestamp_seconds", text, StringComparison.Ordinal);
        Assert.Contains("backup_webhook_leader 0\n", text, StringComparison.Ordinal);
        Assert.Contains("backup_workload_healthy{namespace=\"databases\",kind=\"StatefulSet\",workload=\"redis\"} 0\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Promtool_takes_it_with_nothing_to_say()
    {
        await using var server = await StatusServer.Start(Views.Handful);
        server.Everything();
        using var answer = await server.Ask("GET", "/metrics");
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", answer.Content.Headers.ContentType!.ToString());
        using var scratch = new Scratch();
        var file = scratch.File("metrics", await answer.Content.ReadAsStringAsync(Cancel));
        var said = Shell.Try("bash", "-c", $"promtool check metrics <{file}");
        Assert.Equal((0, "", ""), (said.ExitCode, said.Out, said.Error));
    }

    [Fact]
    public async Task Hostile_names_stay_inside_their_quotes()
    {
        const string Hostile = "a\"} 1\nevil{x=\"\\";
        await using var server = await StatusServer.Start(Views.Empty with { Workloads = [Views.Workload("default", Hostile, "p", null, new ClaimView { Claim = Hostile })] });
        var text = await server.Get("/metrics");
        Assert.Contains("claim=\"a\\\"} 1\\nevil{x=\\\"\\\\\"} 0\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\nevil", text, StringComparison.Ordinal);
        using var scratch = new Scratch();
        Assert.Equal(0, Shell.Try("bash", "-c", $"promtool check metrics <{scratch.File("metrics", text)}").ExitCode);
    }

    [Fact]
    public async Task Two_thousand_workloads_are_told_in_a_moment()
    {
        await using var server = await StatusServer.Start(Views.Many(2_000, seed: 5));
        await server.Get("/metrics");
        var took = Stopwatch.StartNew();
        var text = await server.Get("/metrics");
        TestContext.Current.TestOutputHelper!.WriteLine($"2,000 workloads: {text.Length} characters, {took.ElapsedMilliseconds} ms");
        // A machine that is busy with other tests; alone it takes a quarter of a second, and Prometheus waits for ten.
        Assert.InRange(took.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task Admission_is_counted_by_what_was_mapped_and_not_by_what_was_asked()
    {
        await using var server = await StatusServer.Start(Views.Empty);
        var admission = server.Metrics.Admission;
        admission.Answered("/mutate", "CREATE", AdmissionReply.Unchanged);
        admission.Answered("/validate", "whatever", AdmissionReply.Invalid(["no"]));
        admission.Answered("/validate", null, null);
        admission.Took("/mutate", TimeSpan.FromMilliseconds(3));
        var lines = (await server.Get("/metrics")).Split('\n');
        Assert.Contains("backup_admission_requests_total{path=\"/mutate\",operation=\"CREATE\",result=\"allowed\"} 1", lines);
        Assert.Contains("backup_admission_requests_total{path=\"/validate\",operation=\"none\",result=\"denied\"} 1", lines);
        Assert.Contains("backup_admission_requests_total{path=\"/validate\",operation=\"none\",result=\"refused\"} 1", lines);
        Assert.Contains("backup_admission_duration_seconds_bucket{path=\"/mutate\",le=\"0.005\"} 1", lines);
        Assert.Contains("backup_admission_duration_seconds_bucket{path=\"/mutate\",le=\"0.0025\"} 0", lines);
    }

    [Fact]
    public async Task A_restore_that_succeeds_ends_the_failure_before_it()
    {
        await using var server = await StatusServer.Start(Views.Empty);
        Assert.Contains("restore_total{result=\"failed\"} 0\n", await server.Get("/metrics"), StringComparison.Ordinal);
        server.Metrics.Restores.Ended("default", "StatefulSet", "redis", succeeded: false, Views.Now, TimeSpan.FromSeconds(90));
        const string Redis = "{namespace=\"default\",kind=\"StatefulSet\",workload=\"redis\"}";
        var failed = (await server.Get("/metrics")).Split('\n');
        Assert.Contains("restore_total{result=\"failed\"} 1", failed);
        Assert.Contains($"restore_last_failure_timestamp_seconds{Redis} {Views.Now.ToUnixTimeSeconds()}", failed);
        Assert.Contains($"restore_duration_seconds{Redis} 90", failed);
        server.Metrics.Restores.Ended("default", "StatefulSet", "redis", succeeded: true, Views.Now.AddHours(1), null);
        var good = await server.Get("/metrics");
        Assert.Contains($"restore_last_success_timestamp_seconds{Redis} {Views.Now.AddHours(1).ToUnixTimeSeconds()}\n", good, StringComparison.Ordinal);
        Assert.DoesNotContain("restore_last_failure_timestamp_seconds{", good, StringComparison.Ordinal);
        Assert.DoesNotContain("restore_duration_seconds{", good, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Series_of_restores_stay_for_the_last_thousand_workloads()
    {
        await using var server = await StatusServer.Start(Views.Empty);
        for (var i = 0; i <= RestoreMetrics.MostWorkloads; i++)
            server.Metrics.Restores.Ended("default", "StatefulSet", $"redis-{i}", succeeded: true, Views.Now, null);
        var series = (await server.Get("/metrics")).Split('\n').Where(line => line.StartsWith("restore_last_success_timestamp_seconds{", StringComparison.Ordinal)).ToList();
        Assert.Equal(RestoreMetrics.MostWorkloads, series.Count);
        Assert.DoesNotContain(series, line => line.Contains("\"redis-0\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_key_that_nothing_rotates_any_more_has_no_series()
    {
        await using var server = await StatusServer.Start(Views.Empty);
        server.Metrics.Keys.RotationDue("default", "backup-key", Views.Now);
        Assert.Contains($"backup_key_rotation_due_timestamp_seconds{{namespace=\"default\",secret=\"backup-key\"}} {Views.Now.ToUnixTimeSeconds()}\n", await server.Get("/metrics"), StringComparison.Ordinal);
        server.Metrics.Keys.RotationDue("default", "backup-key", null);
        Assert.DoesNotContain("backup_key_rotation_due_timestamp_seconds{", await server.Get("/metrics"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reader_that_goes_away_is_no_error_and_does_no_harm()
    {
        await using var server = await StatusServer.Start(Views.Many(2_000, seed: 5));
        for (var i = 0; i < 3; i++)
        {
            using var client = new System.Net.Sockets.TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, server.Address.Port, Cancel);
            await client.GetStream().WriteAsync("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray(), Cancel);
            await client.GetStream().ReadExactlyAsync(new byte[100], Cancel);
            client.Client.LingerState = new(true, 0);
        }
        using var answer = await server.Ask("GET", "/");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        // Ends when every answer has ended.
        await server.Stop();
        Assert.Empty(server.Errors.Lines);
    }
}
