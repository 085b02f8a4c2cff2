using System.Text.Json;
using BackupRunner.Tests.Hooks;
using BackupRunner.Webhook;
using BackupRunner.Webhook.Logging;
using Microsoft.Extensions.Logging;

namespace BackupRunner.Tests.Webhook;

public sealed class WebhookCommandLineTests : IDisposable
{
    readonly StringWriter output = new();
    readonly StringWriter error = new();
    WebhookOptions? served;

    public void Dispose()
    {
        output.Dispose();
        error.Dispose();
    }

    [Fact]
    public async Task The_image_alone_is_enough()
    {
        Assert.Equal(0, await Run("--runner-image", "r:1"));
        Assert.Equal(new WebhookOptions { RunnerImage = "r:1", SecretNamespaces = served!.SecretNamespaces }, served);
        Assert.Empty(served.SecretNamespaces);
    }

    [Fact]
    public async Task Everything_can_be_said()
    {
        Assert.Equal(0, await Run("--runner-image=r:1", "--cluster=prod", "--secret-namespaces", "a, b,a", "--namespace=n", "--service=s", "--tls-cert=c", "--tls-key=k", "--port=1", "--health-port=65535", "--status-port=0",
            "--kubeconfig=f", "--context=x", "--log-level=debug"));
        Assert.Equal(["a", "b"], served!.SecretNamespaces);
        Assert.Equal(new WebhookOptions
        {
            RunnerImage = "r:1",
            Cluster = "prod",
            SecretNamespaces = served.SecretNamespaces,
            Namespace = "n",
            Service = "s",
            Tls = new TlsFiles("c", "k"),
            Port = 1,
            HealthPort = 65535,
            StatusPort = 0,
            Kubeconfig = "f",
            Context = "x",
            LogLevel = LogLevel.Debug,
        }, served);
    }

    [Fact]
    public async Task All_that_is_wrong_is_told_at_once()
    {
        Assert.Equal(2, await Run("--cluster", "a/b", "--secret-namespaces=a,B", "--tls-key=k", "--port=0", "--health-port=x", "--status-port=70000", "--context=c", "--log-level=loud", "--bogus"));
        var said = error.ToString();
        Assert.All((string[])["--bogus", "'--runner-image' is missing", "'--cluster' \"a/b\"", "\"B\" is not a name of a namespace", "'--tls-cert' and '--tls-key' go together", "'--port' \"0\"", "'--health-port' \"x\"", "'--status-port' \"70000\" is not a port from 1 to 65535, or 0 for none",
            "'--context' needs '--kubeconfig'", "'--log-level' \"loud\" is not debug, info, warning or error", "hint: backup-webhook --help"], text => Assert.Contains(text, said, StringComparison.Ordinal));
        Assert.Null(served);
    }

    [Theory]
    [InlineData("--port=8080", "'--port' and '--health-port' are both 8080")]
    [InlineData("--port=8081", "'--port' and '--status-port' are both 8081")]
    [InlineData("--health-port=8081", "'--health-port' and '--status-port' are both 8081")]
    public async Task Two_listeners_need_two_ports(string option, string problem)
    {
        Assert.Equal(2, await Run("--runner-image=r", option));
        Assert.Contains(problem, error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_status_page_that_is_off_takes_no_port() => Assert.Equal(0, await Run("--runner-image=r", "--health-port=8081", "--status-port=0"));

    [Fact]
    public async Task Help_teaches_and_serves_nothing()
    {
        Assert.Equal(0, await Run("--help"));
        Assert.Contains("backup-webhook --runner-image registry.example.com/backup-runner:0.1.0", output.ToString(), StringComparison.Ordinal);
        Assert.Null(served);
    }

    [Fact]
    public void A_log_line_is_one_JSON_object_with_the_fields_of_its_message()
    {
        var (lines, time) = (new MemoryStream(), new ManualTime());
        using (var logs = LoggerFactory.Create(logging => logging.AddProvider(new JsonLog(lines, time))))
        {
#pragma warning disable CA1727, CA1848, CA2254 // A line as others would write it.
            logs.CreateLogger("x").LogWarning(new InvalidOperationException("why"), "made {kind}\nof \"{name}\"", "CronJob", "redis\u0001");
#pragma warning restore CA1727, CA1848, CA2254
        }
        var line = Assert.Single(System.Text.Encoding.UTF8.GetString(lines.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries));
        var json = JsonDocument.Parse(line).RootElement;
        Assert.Equal(["time", "level", "message", "kind", "name", "exception"], json.EnumerateObject().Select(field => field.Name));
        Assert.Equal(("2026-11-22T02:00:00.000Z", "warning", "made CronJob\nof \"redis\u0001\""), (json.GetProperty("time").GetString(), json.GetProperty("level").GetString(), json.GetProperty("message").GetString()));
    }

    Task<int> Run(params string[] arguments) => BackupRunner.Webhook.CommandLine.Run(arguments, output, error, (options, _) =>
    {
        served = options;
        return Task.FromResult(0);
    }, TestContext.Current.CancellationToken);
}
