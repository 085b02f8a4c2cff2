using System.Collections.Frozen;
using BackupRunner.Policy.Shell;

namespace BackupRunner.Policy.Lints;

/// <summary>A script whose end is a server that stays in the foreground.</summary>
static class ForegroundLint
{
    static readonly FrozenSet<string> Servers = FrozenSet.Create(
        "redis-server", "redis-sentinel", "valkey-server", "valkey-sentinel", "keydb-server", "mysqld", "mysqld_safe", "mariadbd", "mariadbd-safe",
        "postgres", "etcd", "rabbitmq-server", "mongod", "mongos", "memcached", "kafka-server-start", "zkServer", "elasticsearch", "opensearch",
        "nats-server", "minio", "consul", "vault", "influxd", "clickhouse-server", "cassandra");

    // Options with which they leave the foreground, or only print something and end.
    static readonly FrozenSet<string> Ends = FrozenSet.Create(
        "--daemonize", "--daemon", "-daemon", "-detached", "--detached", "--fork", "--background", "-d",
        "--version", "-v", "-V", "--help", "-h", "--check-system", "--test-memory", "--initialize", "--initialize-insecure", "--validate-config");

    // Where a single letter means something else.
    static readonly FrozenSet<string> OwnLetters = FrozenSet.Create("postgres", "mysqld", "mysqld_safe", "mariadbd", "mariadbd-safe", "etcd");

    static readonly FrozenSet<string> Trailing = FrozenSet.Create("true", ":", "exit", "echo", "printf", "return");

    public static bool Fires(ShellScript script)
    {
        var ran = script.Commands.Where(command => !command.InFunction).ToList();
        var end = ran.Count - 1;
        // Words after the last command that does something, on lines of their own, do not make it less the end.
        while (end >= 0 && Trailing.Contains(ran[end].Invocation.Program) && (end == 0 || ran[end - 1].List != ran[end].List))
            end--;
        if (end < 0)
            return false;
        return ran[end].Invocation.Program == "wait"
            ? ran.Exists(command => command.InBackground && IsServer(command))
            : ran.Exists(command => command.List == ran[end].List && !command.InBackground && IsServer(command));
    }

    static bool IsServer(ShellCommand command)
    {
        var call = command.Invocation;
        if (call.Bounded)
            return false;
        return call.Script is { } script ? Fires(script) : Servers.Contains(call.Program) && Stays(call);
    }

    static bool Stays(ShellInvocation call)
    {
        var arguments = call.Arguments.Select(argument => argument.Text).ToList();
        return call.Program switch
        {
            "zkServer" => arguments.Contains("start-foreground"),
            "cassandra" => arguments.Contains("-f"),
            "minio" or "vault" => arguments.Contains("server"),
            "consul" => arguments.Contains("agent"),
            _ => !arguments.Where((argument, i) => IsEnd(call.Program, argument, i + 1 < arguments.Count ? arguments[i + 1] : "")).Any(),
        };
    }

    static bool IsEnd(string program, string argument, string next)
    {
        var parts = argument.Split('=', 2);
        var single = !parts[0].StartsWith("--", StringComparison.Ordinal);
        var value = parts.Length == 2 ? parts[1] : next;
        return Ends.Contains(parts[0]) && !(single && OwnLetters.Contains(program)) && value is not ("no" or "off" or "0" or "false");
    }
}
