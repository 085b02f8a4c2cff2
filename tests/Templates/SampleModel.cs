using BackupRunner.Templates;

namespace BackupRunner.Tests.Templates;

/// <summary>The model of all cases and of the documentation's examples.</summary>
static class SampleModel
{
    public static readonly TemplateModel Model = new(
        new Dictionary<string, object?>
        {
            ["dataPath"] = "/var/lib/redis",
            ["data-path"] = "/srv/it's here",
            ["port"] = 6379L,
            ["ratio"] = 2.5,
            ["whole"] = 2.0,
            ["enabled"] = true,
            ["disabled"] = false,
            ["nothing"] = null,
            ["zero"] = 0L,
            ["blank"] = "",
            ["databases"] = new List<object?> { "app", "audit", "jobs" },
            ["none"] = new List<object?>(),
            ["mixed"] = new object?[] { 1L, "a\"b", null, true, new object?[] { 2.5 } },
            ["redis"] = new Dictionary<string, object?> { ["host"] = "db.local", ["tls"] = new Dictionary<string, object?> { ["ca"] = "/ca.pem" } },
            ["users"] = new List<object?>
            {
                new Dictionary<string, object?> { ["name"] = "ann", ["home"] = "/home/ann" },
                new Dictionary<string, object?> { ["name"] = "bob" },
            },
        },
        new BackupNames("20261122t020000z-k3x7qa", "2026-11-22T02:00:00Z", "/backup/backup.tar.gz", "/backup/backup.tar.gz.sha256"),
        new WorkloadNames("StatefulSet", "redis", "middleware", "redis-0", "server", "data-redis-0"));
}
