using BackupRunner.Policy;

namespace BackupRunner.Tests.Policy;

public sealed class TemplateLintTests
{
    const string Lastsave = "lastsave-compared-with-itself";
    const string Remove = "rm-leaves-dot-files";
    const string Shutdown = "shutdown-by-exec";
    const string Foreground = "ends-in-foreground-server";

    [Fact]
    public void The_redis_example_as_printed_has_all_four()
    {
        var lints = PolicyLints.For(PolicyDocument.Parse(DataFile.Read("redis-commands.yaml")).Policy);
        Assert.Equal(
            [("backup.commands.backup", Lastsave), ("backup.commands.restore", Remove), ("backup.commands.restore", Shutdown), ("backup.commands.restore", Foreground)],
            lints.Where(lint => lint.Path.StartsWith("backup.commands", StringComparison.Ordinal)).Select(lint => (lint.Path, lint.Code)));
    }

    [Fact]
    public void The_redis_example_mended_has_none()
    {
        const string Backup = """
            # redis-cli SHUTDOWN; rm -rf {{ .Values.dataPath }}/*
            before=$(redis-cli LASTSAVE)
            redis-cli BGSAVE
            while [ "$(redis-cli LASTSAVE)" -eq "$before" ]; do
              sleep 1
            done
            tar -czf {{ Backup.archivePath }} -C {{ .Values.dataPath }} .
            """;
        const string Restore = """
            find {{ .Values.dataPath }} -mindepth 1 -delete
            tar -xzf {{ Backup.archivePath }} -C {{ .Values.dataPath }}
            chown -R 999:999 {{ .Values.dataPath }}
            # redis-server /etc/redis/redis.conf
            """;
        Assert.Empty(Codes(Backup));
        Assert.Empty(Codes(Restore));
    }

    [Theory]
    [InlineData("while [ $(redis-cli LASTSAVE) -eq $(redis-cli LASTSAVE) ]; do sleep 1; done")]
    [InlineData("while [ \"$(redis-cli LASTSAVE)\" = \"$(redis-cli LASTSAVE)\" ]\ndo sleep 1\ndone")]
    [InlineData("until [[ $(redis-cli lastsave) != $(redis-cli LastSave) ]]; do :; done")]
    [InlineData("while [[ $(redis-cli LASTSAVE) < $(redis-cli LASTSAVE) ]]; do :; done")]
    [InlineData("while test `redis-cli LASTSAVE` -eq `redis-cli LASTSAVE`; do sleep 1; done")]
    [InlineData("while test `redis-cli LASTSAVE` \\\n  -eq \\\n $(redis-cli LASTSAVE); do sleep 1; done")]
    [InlineData("while (( $(redis-cli LASTSAVE) == $(redis-cli LASTSAVE) )); do sleep 1; done")]
    [InlineData("while [ $(redis-cli -p 7000 LASTSAVE | tr -d '\\r') -eq $(redis-cli -p 7000 LASTSAVE) ]; do sleep 1; done")]
    [InlineData("sh -c 'while [ $(redis-cli LASTSAVE) -eq $(redis-cli LASTSAVE) ]; do sleep 1; done'")]
    [InlineData("bash -eu <<'EOF'\nwhile [ $(redis-cli LASTSAVE) -eq $(redis-cli LASTSAVE) ]; do sleep 1; done\nEOF")]
    [InlineData("f() { while ! [ $(redis-cli LASTSAVE) -gt $(redis-cli LASTSAVE) ]; do sleep 1; done; }; f")]
    [InlineData("x=$(while [ $(redis-cli LASTSAVE) -eq $(redis-cli LASTSAVE) ]; do sleep 1; done)")]
    public void Warns_of_lastsave_compared_with_itself(string script) => Assert.Contains(Lastsave, Codes(script));

    [Theory]
    [InlineData("before=$(redis-cli LASTSAVE); while [ $(redis-cli LASTSAVE) -eq $before ]; do sleep 1; done")]
    [InlineData("while [ $before -eq $(redis-cli LASTSAVE) ]; do sleep 1; done")]
    [InlineData("# while [ $(redis-cli LASTSAVE) -eq $(redis-cli LASTSAVE) ]; do sleep 1; done")]
    [InlineData("echo '[ $(redis-cli LASTSAVE) -eq $(redis-cli LASTSAVE) ]'")]
    [InlineData("cat <<EOF\nwhile [ 1 -eq 1 ]\n[ `redis-cli LASTSAVE` -eq `redis-cli LASTSAVE` ]\nEOF")]
    [InlineData("while [ $(redis-cli -h a LASTSAVE) -ne $(redis-cli -h b LASTSAVE) ]; do sleep 1; done")]
    [InlineData("{{# [ $(redis-cli LASTSAVE) -eq $(redis-cli LASTSAVE) ] }}")]
    public void Does_not_warn_of_lastsave_compared_with_something_else(string script) => Assert.DoesNotContain(Lastsave, Codes(script));

    [Theory]
    [InlineData("rm -rf {{ .Values.dataPath }}/*")]
    [InlineData("rm -rf \"{{ .Values.dataPath }}\"/*")]
    [InlineData("rm -rf \"${DATA:?}\"/*")]
    [InlineData("/bin/rm -f -r /data/* || true")]
    [InlineData("sudo -u redis rm --recursive -- /data/*")]
    [InlineData("cd /data && rm -rf *")]
    [InlineData("cd /data && rm -rf ./*")]
    [InlineData("if true; then rm -Rf /data/*; fi")]
    [InlineData("{{ if Values.wipe }}rm -rf /data/*{{ end }}")]
    [InlineData("rm -rf /data/* /other/.[!.]*")]
    [InlineData("su redis -c 'rm -rf /data/*'")]
    public void Warns_of_a_pattern_that_leaves_dot_files(string script) => Assert.Contains(Remove, Codes(script));

    [Theory]
    [InlineData("rm -rf /data/old")]
    [InlineData("rm -rf /data/*.tmp")]
    [InlineData("rm -f /data/*")]
    [InlineData("rm -rf '/data/*'")]
    [InlineData("rm -rf /data/\\*")]
    [InlineData("rm -rf /data/* /data/.[!.]* /data/..?*")]
    [InlineData("rm -rf \"$D\"/*\nrm -rf \"$D\"/.[!.]*")]
    [InlineData("shopt -s dotglob; rm -rf /data/*")]
    [InlineData("rm -rf /data/*; find /data -mindepth 1 -delete")]
    [InlineData("find /data -mindepth 1 -delete # not rm -rf /data/*")]
    [InlineData("echo rm -rf /data/*")]
    public void Does_not_warn_of_a_removal_that_is_whole_or_none(string script) => Assert.DoesNotContain(Remove, Codes(script));

    [Theory]
    [InlineData("redis-cli SHUTDOWN NOSAVE || true")]
    [InlineData("redis-cli -a \"$PASSWORD\" shutdown")]
    [InlineData("/usr/local/bin/valkey-cli -p 7000 SHUTDOWN")]
    [InlineData("timeout 5 redis-cli 'SHUTDOWN NOSAVE'")]
    [InlineData("echo SHUTDOWN | redis-cli")]
    [InlineData("printf 'SHUTDOWN\\r\\n' | nc localhost 6379")]
    [InlineData("redis-cli <<EOF\nSHUTDOWN NOSAVE\nEOF")]
    [InlineData("redis-cli <<< SHUTDOWN")]
    [InlineData("mysqladmin -u root shutdown")]
    [InlineData("mysql -e 'SHUTDOWN;'")]
    [InlineData("sh -c \"redis-cli SHUTDOWN\"")]
    [InlineData("REDISCLI_AUTH=$P redis-cli SHUTDOWN")]
    public void Warns_of_a_shutdown(string script) => Assert.Contains(Shutdown, Codes(script));

    [Theory]
    [InlineData("redis-cli SAVE # then SHUTDOWN")]
    [InlineData("redis-cli GET shutdown-reason")]
    [InlineData("echo SHUTDOWN is not needed")]
    [InlineData("redis-cli BGSAVE\n# redis-cli SHUTDOWN")]
    public void Does_not_warn_of_the_word_shutdown_elsewhere(string script) => Assert.DoesNotContain(Shutdown, Codes(script));

    [Theory]
    [InlineData("redis-server /etc/redis/redis.conf")]
    [InlineData("chown -R 999 /data\nexec redis-server /etc/redis/redis.conf\n\n# done\n")]
    [InlineData("gosu redis redis-server --appendonly yes")]
    [InlineData("su redis -s /bin/sh -c 'redis-server /etc/redis/redis.conf'")]
    [InlineData("if true; then\n  redis-server /x\nfi")]
    [InlineData("{{ if Values.start }}\nredis-server /x\n{{ end }}")]
    [InlineData("redis-server /x || exit 1")]
    [InlineData("redis-server /x\nexit 0")]
    [InlineData("redis-server /x | tee /tmp/log")]
    [InlineData("redis-server /x > /tmp/log 2>&1")]
    [InlineData("redis-server --daemonize no")]
    [InlineData("redis-server /x &\nwait")]
    [InlineData("mysqld --user=mysql")]
    [InlineData("postgres -D /data")]
    [InlineData("(cd /data && redis-server)")]
    [InlineData("docker-entrypoint.sh redis-server")]
    public void Warns_of_a_server_in_the_foreground_at_the_end(string script) => Assert.Contains(Foreground, Codes(script));

    [Theory]
    [InlineData("redis-server /etc/redis/redis.conf &")]
    [InlineData("nohup redis-server /x > /tmp/log 2>&1 &")]
    [InlineData("redis-server /x --daemonize yes")]
    [InlineData("redis-server --daemonize=yes")]
    [InlineData("{ redis-server /x; } &")]
    [InlineData("(redis-server /x) &\necho started")]
    [InlineData("redis-server --version")]
    [InlineData("timeout 5 redis-server /x || true")]
    [InlineData("start() { redis-server /x; }")]
    [InlineData("pg_ctl start -D /data")]
    [InlineData("mongod --fork --logpath /x")]
    [InlineData("rabbitmq-server -detached")]
    [InlineData("pkill redis-server")]
    [InlineData("cp redis.conf /etc/redis-server")]
    public void Does_not_warn_of_a_server_in_the_background(string script) => Assert.DoesNotContain(Foreground, Codes(script));

    [Fact]
    public void A_hold_may_stay_in_the_foreground()
    {
        var policy = Policy("true");
        var held = policy with { Settings = new SettingsPolicy { Consistency = new ConsistencyPolicy { Freeze = new FreezePolicy { Hold = "redis-server" } } } };
        Assert.DoesNotContain(Foreground, PolicyLints.For(held).Select(lint => lint.Code));
    }

    [Fact]
    public void Every_template_of_the_policy_is_looked_at()
    {
        const string Script = "redis-cli SHUTDOWN";
        var policy = new BackupPolicy
        {
            Commands = new CommandsPolicy { Backup = Script, Restore = Script },
            Restore = new RestorePolicy { HealthCommand = Script },
            Settings = new SettingsPolicy
            {
                Consistency = new ConsistencyPolicy
                {
                    Command = Script,
                    WaitCommand = Script,
                    Freeze = new FreezePolicy { Command = Script, Thaw = Script, Hold = Script },
                },
            },
        };
        Assert.Equal(8, PolicyLints.For(policy).Count(lint => lint.Code == Shutdown));
    }

    [Fact]
    public void Any_text_is_looked_at_without_failing_or_taking_long()
    {
        var random = new Random(20261122);
        string[] parts =
            ["$(", ")", "`", "'", "\"", "{{", "}}", "${", "}", "((", "))", "[[", "]]", "[", "]", " ", "\n", ";", "&", "|", "<", ">", "<<EOF", "EOF", "\\", "#", "*",
             "if ", "fi", "do ", "done", "{ ", "function ", "f()", "case x in", "esac", "redis-cli ", "LASTSAVE", "-eq", "rm -rf ", "/*", "sh -c ", "eval ", "redis-server"];
        for (var i = 0; i < 20_000; i++)
            Codes(string.Concat(Enumerable.Range(0, random.Next(30)).Select(_ => parts[random.Next(parts.Length)])));
        foreach (var part in parts)
            Codes(string.Concat(Enumerable.Repeat(part, 200_000 / part.Length)));
        foreach (var part in (string[])["a & ", "if <x ", "a|b|", "echo x\n", "sh -c \"", "$({{)", "`\\`", "<<E\n", "sh -c 'eval ", "[ $(LASTSAVE) = ", "rm -rf a/* .b* "])
            Codes(string.Concat(Enumerable.Repeat(part, 200_000 / part.Length)));
    }

    static List<string> Codes(string script) =>
        [.. PolicyLints.For(Policy(script)).Where(lint => lint.Path == PolicyTemplates.Restore).Select(lint => lint.Code)];

    static BackupPolicy Policy(string script) => new() { Commands = new CommandsPolicy { Restore = script } };
}
