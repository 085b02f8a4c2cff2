using System.Globalization;
using BackupRunner.Webhook.Status.View;

namespace BackupRunner.Tests.Webhook.Status;

/// <summary>What the page and the metrics are tried with.</summary>
static class Views
{
    public static readonly DateTimeOffset Now = new(2026, 11, 29, 18, 20, 11, TimeSpan.Zero);

    const string Key = "9f2c41d07be63a58";

    public static StatusView Empty { get; } = new(Now, [], [], Leads: true, Now.AddDays(64));

    /// <summary>A handful, as a team has them: one failing, one running, one unprotected. The picture in README shows it.</summary>
    public static StatusView Handful { get; } = new(
        Now,
        [
            Workload("databases", "postgresql", "nightly", Daily("0 2 * * *", 2),
                Claim("data-postgresql-0", 41.2, TimeSpan.FromHours(16.3), 14, growth: 0.012, took: 512) with { IsVerified = true, LastVerified = Verified(38, "full") },
                Claim("data-postgresql-1", 41.1, TimeSpan.FromHours(16.2), 14, growth: 0.012, took: 498) with { IsVerified = true, LastVerified = Verified(37, "full") }),
            Workload("databases", "redis", "hourly", new ScheduleView("0 * * * *", null, true, Now.AddMinutes(39.8), TimeSpan.FromHours(1)),
                Claim("data-redis-0", 1.34, TimeSpan.FromHours(1.34), 24, growth: 0.004, took: 21) with { IsVerified = true, LastVerified = Verified(9, "checksum"), Running = new("backup", "upload", 62, "0.9 GiB of 1.4 GiB, 48.1 MiB/s, 11 s left") }),
            Workload("messaging", "rabbitmq", "nightly", Daily("30 1 * * *", 1.5),
                Claim("data-rabbitmq-0", 0.21, TimeSpan.FromHours(40.8), 7, growth: -0.02, took: 8) with
                {
                    LastFailure = new(Now.AddHours(-16.8), "cannot write to bucket \"backups\": access denied (403); the Secret \"backup-s3\" was not changed since 2026-08-30", 4),
                    Failures = 3,
                }),
            Workload("platform", "etcd", "nightly", Daily("15 3 * * *", 3.25),
                Claim("data-etcd-0", 0.083, TimeSpan.FromHours(15.1), 14, growth: 0.002, took: 3) with { IsVerified = true },
                Claim("data-etcd-1", 0.083, TimeSpan.FromHours(15.1), 14, growth: 0.002, took: 3) with { IsVerified = true, LastVerified = Verified(61, "full") }),
        ],
        [new("messaging", "kafka")],
        Leads: true,
        Now.AddDays(64));

    public static StatusView Failing { get; } = Handful with { Workloads = [Handful.Workloads[2]], Unprotected = [] };

    public static StatusView Running(int? percent) => Handful with { Workloads = [Handful.Workloads[0], WithRun(Handful.Workloads[1], new RunView("restore", "swap", percent, "62 %, 11 s left"))] };

    public static WorkloadView WithRun(WorkloadView workload, RunView? run) => workload with { Claims = [workload.Claims[0] with { Running = run }, .. workload.Claims.Skip(1)] };

    /// <summary>So many workloads of one to three claims, in every state; the same for the same seed.</summary>
    public static StatusView Many(int workloads, int seed)
    {
        var random = new Random(seed);
        string[] kinds = ["StatefulSet", "StatefulSet", "Deployment"], names = ["redis", "postgresql", "mariadb", "etcd", "rabbitmq", "kafka-with-a-rather-long-name", "minio"];
        var made = Enumerable.Range(0, workloads).Select(i =>
        {
            var name = $"{names[random.Next(names.Length)]}-{i:000}";
            var schedule = random.Next(10) switch { 0 => null, 1 => new ScheduleView("0 2 * * *", null, false, null, null), _ => Daily("0 2 * * *", 2) };
            return Workload($"team-{random.Next(24):00}", name, "nightly", schedule, [.. Enumerable.Range(0, random.Next(1, 4)).Select(claim => Random(random, $"data-{name}-{claim}"))]) with
            {
                Kind = kinds[random.Next(kinds.Length)],
                IsGood = random.Next(30) > 0,
                Status = "policy \"nightly\" is not there; make it, or name another",
            };
        });
        return new(
            Now,
            [.. made.OrderBy(one => one.Namespace, StringComparer.Ordinal).ThenBy(one => one.Kind, StringComparer.Ordinal).ThenBy(one => one.Name, StringComparer.Ordinal)],
            [.. Enumerable.Range(0, workloads / 10).Select(i => new UnprotectedView($"team-{i % 24:00}", $"cache-{i:000}")).OrderBy(one => one.Namespace, StringComparer.Ordinal)],
            Leads: true,
            Now.AddDays(64));
    }

    public static WorkloadView Workload(string space, string name, string policy, ScheduleView? schedule, params IReadOnlyList<ClaimView> claims) =>
        new(space, "StatefulSet", name, policy, null, IsGood: true, schedule, claims);

    public static ScheduleView Daily(string cron, double hour) =>
        new(cron, "Europe/Berlin", IsOn: true, new DateTimeOffset(Now.Date.AddDays(1).AddHours(hour - 1), TimeSpan.Zero), TimeSpan.FromDays(1));

    /// <param name="size">Of the last one as it is stored, in GiB.</param>
    /// <param name="age">Of the last one.</param>
    /// <param name="growth">Of each against the one before it.</param>
    /// <param name="took">In seconds.</param>
    public static ClaimView Claim(string name, double size, TimeSpan age, int count, double growth, double took)
    {
        var backups = Enumerable.Range(0, count).Select(i =>
        {
            var stored = (long)(size * Math.Pow(1 + growth, i + 1 - count) * (1 + 0.015 * Math.Sin(i * 2.1)) * (1L << 30));
            return Backup(Now - age - TimeSpan.FromDays(count - 1 - i), stored, TimeSpan.FromSeconds(took), i);
        }).ToList();
        return new ClaimView { Claim = name, Backups = backups, LastSuccess = backups[^1], Retained = count };
    }

    static BackupView Backup(DateTimeOffset at, long stored, TimeSpan took, int i) =>
        new($"{at.UtcDateTime.ToString("yyyyMMdd't'HHmmss'z'", CultureInfo.InvariantCulture)}-k3x7q{(char)('a' + i % 26)}", at, took, 1_204 + i, (long)(stored * 2.7), stored, Key);

    static VerificationView Verified(double hoursAgo, string mode) => new(Now.AddHours(-hoursAgo), mode, "20261128t020000z-k3x7qa");

    static ClaimView Random(Random random, string name)
    {
        var claim = Claim(name, Math.Pow(10, random.NextDouble() * 4 - 2), TimeSpan.FromHours(random.NextDouble() * 30), random.Next(1, 15), random.NextDouble() * 0.06 - 0.02, random.Next(2, 4_000)) with { IsVerified = random.Next(2) == 0 };
        return random.Next(24) switch
        {
            0 => claim with { LastFailure = new(Now.AddHours(-3), "the data volume is not readable: permission denied; set runAsUser", 6), Failures = 2 },
            1 => claim with { Running = new("backup", "upload", random.Next(101), "1.2 GiB of 4.0 GiB") },
            2 => new ClaimView { Claim = name },
            3 => claim with { IsVerified = true, VerificationFailure = new(Now.AddHours(-7), "the object differs from its manifest: sha256", 5) },
            _ when claim.IsVerified => claim with { LastVerified = Verified(random.Next(1, 200), "full") },
            _ => claim,
        };
    }
}
