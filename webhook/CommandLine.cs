using System.CommandLine;
using System.CommandLine.Parsing;
using Microsoft.Extensions.Logging;

namespace BackupRunner.Webhook;

/// <summary>How the process is called.</summary>
public static class CommandLine
{
    /// <summary>The exit code of a call that cannot be understood.</summary>
    public const int Usage = 2;

    static readonly Dictionary<string, LogLevel> Levels = new(StringComparer.Ordinal)
    {
        ["debug"] = LogLevel.Debug,
        ["info"] = LogLevel.Information,
        ["warning"] = LogLevel.Warning,
        ["error"] = LogLevel.Error,
    };

    static readonly Option<string> RunnerImage = new("--runner-image") { Description = "the image of the pods that back up and restore (required)", HelpName = "IMAGE" };

    static readonly Option<string> Cluster = new("--cluster") { Description = "the name of this cluster in stored paths, where a policy has none; it must never change (default: the UID of namespace kube-system)", HelpName = "NAME" };

    static readonly Option<string[]> SecretNamespaces = new("--secret-namespaces")
    {
        Description = "where it may read Secrets: those that policies of other namespaces use, and key rings that it makes and rotates. Each needs a RoleBinding to ClusterRole backup-webhook-secrets",
        HelpName = "NAME,NAME",
    };

    static readonly Option<string> Namespace = new("--namespace") { Description = "the namespace of the webhook itself (default: its pod's)", HelpName = "NAME" };

    static readonly Option<string> Service = new("--service") { Description = "the name of its Service and of both webhook configurations (default: backup-webhook)", HelpName = "NAME" };

    static readonly Option<string> TlsCertificate = new("--tls-cert") { Description = "serve this certificate, read again whenever it changes, instead of one made here; then caBundle is yours, too (cert-manager's CA injector)", HelpName = "FILE" };

    static readonly Option<string> TlsKey = new("--tls-key") { Description = "its private key", HelpName = "FILE" };

    static readonly Option<string> Port = new("--port") { Description = "where the API server asks, with TLS (default: 8443)", HelpName = "PORT" };

    static readonly Option<string> HealthPort = new("--health-port") { Description = "where kubelet asks for /livez and /readyz, without TLS (default: 8080)", HelpName = "PORT" };

    static readonly Option<string> StatusPort = new("--status-port") { Description = "where the status page and /metrics are, without TLS, for the cluster only; 0: nowhere (default: 8081)", HelpName = "PORT" };

    static readonly Option<string> Kubeconfig = new("--kubeconfig") { Description = "how to reach the API server from outside a cluster (default: the pod's service account)", HelpName = "FILE" };

    static readonly Option<string> Context = new("--context") { Description = "of that file (default: its current one)", HelpName = "NAME" };

    static readonly Option<string> Level = new("--log-level") { Description = "debug, info, warning or error (default: info)", HelpName = "LEVEL" };

    /// <param name="serve">Called unless only help or the version was asked for; gives the exit code.</param>
    public static async Task<int> Run(
        IReadOnlyList<string> arguments, TextWriter output, TextWriter error, Func<WebhookOptions, CancellationToken, Task<int>> serve, CancellationToken cancel)
    {
        var root = new RootCommand("""
            Watches a cluster for workloads with the annotation backup.middleware.io/policy, and gives each what its backups and restores need.

            Example, in a pod whose account has the permissions of manifests/rbac.yaml:
              backup-webhook --runner-image registry.example.com/backup-runner:0.1.0 --secret-namespaces databases,queues

            Exit codes: 0 stopped by a signal; 1 a bug; 2 usage.
            """)
        {
            RunnerImage, Cluster, SecretNamespaces, Namespace, Service, TlsCertificate, TlsKey, Port, HealthPort, StatusPort, Kubeconfig, Context, Level,
        };
        root.Validators.Add(Check);
        root.SetAction((call, token) => serve(Options(call), token));
        var call = root.Parse(arguments);
        if (call.Errors.Count > 0 && call.Action is not System.CommandLine.Help.HelpAction)
        {
            foreach (var problem in call.Errors.Select(problem => problem.Message).Distinct())
                await error.WriteLineAsync("error: " + char.ToLowerInvariant(problem[0]) + problem[1..].TrimEnd('.'));
            await error.WriteLineAsync("hint: backup-webhook --help shows how it is called");
            return Usage;
        }
        // Signals are Program's, and so are failures: the library must neither end the process nor print a stack.
        return await call.InvokeAsync(
            new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }, cancel);
    }

    static WebhookOptions Options(ParseResult call)
    {
        var defaults = new WebhookOptions { RunnerImage = call.GetValue(RunnerImage)! };
        return defaults with
        {
            Cluster = call.GetValue(Cluster),
            SecretNamespaces = [.. Listed(call.GetValue(SecretNamespaces))],
            Namespace = call.GetValue(Namespace),
            Service = call.GetValue(Service) ?? defaults.Service,
            Tls = call.GetValue(TlsCertificate) is { } certificate ? new TlsFiles(certificate, call.GetValue(TlsKey)!) : null,
            Port = CommandValues.Port(call.GetValue(Port)) ?? defaults.Port,
            HealthPort = CommandValues.Port(call.GetValue(HealthPort)) ?? defaults.HealthPort,
            StatusPort = CommandValues.PortOrNone(call.GetValue(StatusPort)) ?? defaults.StatusPort,
            Kubeconfig = call.GetValue(Kubeconfig),
            Context = call.GetValue(Context),
            LogLevel = call.GetValue(Level) is { } level ? Levels[level] : defaults.LogLevel,
        };
    }

    // All in the validator of the command: the library asks those of options only when this one finds nothing.
    static void Check(CommandResult call)
    {
        if (call.GetResult(RunnerImage) is null)
            call.AddError("'--runner-image' is missing; it names the image of the pods that back up and restore");
        Demand(call, RunnerImage, CommandValues.IsWord, "an image");
        Demand(call, Cluster, CommandValues.IsSegment, "a name of at most 200 letters, digits, \"-\", \"_\" and \".\"");
        foreach (var name in Listed(call.GetResult(SecretNamespaces)?.Tokens.Select(token => token.Value)).Where(name => !CommandValues.IsLabel(name)))
            call.AddError($"'--secret-namespaces' \"{name}\" is not a name of a namespace");
        Demand(call, Namespace, CommandValues.IsLabel, "a name of a namespace");
        Demand(call, Service, CommandValues.IsLabel, "a name of a Service");
        Demand(call, TlsCertificate, CommandValues.IsPath, "a path");
        Demand(call, TlsKey, CommandValues.IsPath, "a path");
        Demand(call, Port, text => CommandValues.Port(text) is not null, "a port from 1 to 65535");
        Demand(call, HealthPort, text => CommandValues.Port(text) is not null, "a port from 1 to 65535");
        Demand(call, StatusPort, text => CommandValues.PortOrNone(text) is not null, "a port from 1 to 65535, or 0 for none");
        Demand(call, Kubeconfig, CommandValues.IsPath, "a path");
        Demand(call, Context, CommandValues.IsWord, "a name");
        Demand(call, Level, Levels.ContainsKey, "debug, info, warning or error");
        if (call.GetResult(TlsCertificate) is null != call.GetResult(TlsKey) is null)
            call.AddError("'--tls-cert' and '--tls-key' go together");
        if (call.GetResult(Context) is not null && call.GetResult(Kubeconfig) is null)
            call.AddError("'--context' needs '--kubeconfig'");
        CheckPorts(call);
    }

    static void CheckPorts(CommandResult call)
    {
        var defaults = new WebhookOptions { RunnerImage = "" };
        (string Name, int? Port)[] ports = [.. new[] { (Port, defaults.Port), (HealthPort, defaults.HealthPort), (StatusPort, defaults.StatusPort) }
            .Select(one => (one.Item1.Name, Given(call, one.Item1) is { } text ? CommandValues.Port(text) : one.Item2))];
        foreach (var same in ports.Where(one => one.Port is not null).GroupBy(one => one.Port).Where(same => same.Count() > 1))
            call.AddError($"{string.Join(" and ", same.Select(one => $"'{one.Name}'"))} are {(same.Count() == 2 ? "both" : "all")} {same.Key}");
    }

    static void Demand(CommandResult call, Option<string> option, Func<string, bool> isValid, string what)
    {
        if (Given(call, option) is { } text && !isValid(text))
            call.AddError($"'{option.Name}' \"{text}\" is not {what}");
    }

    // Null also when it has no value, or several, which the library says.
    static string? Given(CommandResult call, Option<string> option) => call.GetResult(option)?.Tokens is [{ Value: var text }] ? text : null;

    static IEnumerable<string> Listed(IEnumerable<string>? values) => (values ?? []).SelectMany(value => value.Split(',', StringSplitOptions.TrimEntries)).Distinct();
}
