using BackupRunner.Hooks;
using BackupRunner.Reports;

namespace BackupRunner.Tests.Hooks;

public sealed class RedisSaveTests
{
    [Theory]
    [InlineData("redis-cli BGSAVE", "redis-cli INFO persistence")]
    [InlineData("redis-cli bgsave", "redis-cli INFO persistence")]
    [InlineData("redis-cli -p 6380 BGSAVE SCHEDULE", "redis-cli -p 6380 INFO persistence")]
    [InlineData("valkey-cli -h x --tls BGSAVE", "valkey-cli -h x --tls INFO persistence")]
    [InlineData("/usr/bin/redis-cli -h x -p 6380 --no-auth-warning BGSAVE\n", "/usr/bin/redis-cli -h x -p 6380 --no-auth-warning INFO persistence")]
    [InlineData("REDISCLI_AUTH=a\\ b exec redis-cli 'BGSAVE' ;", "REDISCLI_AUTH=a\\ b exec redis-cli INFO persistence")]
    [InlineData("# save\n\n  redis-cli \\\n  -a \"$(cat /run/pw | tr -d '\\n')\" BGSAVE # now", "redis-cli \\\n  -a \"$(cat /run/pw | tr -d '\\n')\" INFO persistence")]
    [InlineData("redis-cli -a 'a && b;' BGSAVE", "redis-cli -a 'a && b;' INFO persistence")]
    [InlineData("docker exec r redis6-cli -p `cat port` BGSAVE", "docker exec r redis6-cli -p `cat port` INFO persistence")]
    public void Replaces_the_final_BGSAVE_of_a_simple_command(string command, string info) =>
        Assert.Equal(new RedisSave(true, true, info), RedisSave.Of(command));

    [Theory]
    [InlineData("sh -c 'redis-cli BGSAVE'")]
    [InlineData("sh -c \"sh -c 'redis-cli -p 1 bgsave'\"")]
    [InlineData("redis-cli PING && redis-cli BGSAVE")]
    [InlineData("redis-cli PING\nredis-cli BGSAVE")]
    [InlineData("redis-cli BGSAVE | grep started")]
    [InlineData("redis-cli BGSAVE > /dev/null")]
    [InlineData("echo BGSAVE | redis-cli")]
    [InlineData("redis-cli <<E\nBGSAVE\nE")]
    [InlineData("redis-cli BGSAVE &")]
    [InlineData("(redis-cli BGSAVE)")]
    [InlineData("! redis-cli BGSAVE")]
    [InlineData("redis-cli -a \"$(redis-cli BGSAVE)\" PING")]
    [InlineData("sh -c 'redis-cli \"$@\"' x BGSAVE")]
    [InlineData("my-wrapper BGSAVE")]
    [InlineData("BGSAVE")]
    public void Demands_a_wait_command_where_BGSAVE_cannot_be_replaced(string command)
    {
        var step = new ConsistencyStep(command, true, null, TimeSpan.FromSeconds(30));

        Assert.Equal(ExitCode.Usage, Consistency.Refusal(step)?.ExitCode);
        Assert.Null(Consistency.Refusal(step with { WaitCommand = "true" }));
        Assert.Null(Consistency.Refusal(step with { WaitForCompletion = false }));
    }

    [Theory]
    [InlineData("redis-cli SAVE", true)]
    [InlineData("/opt/bgsave.sh", false)]
    [InlineData("echo 'BGSAVEx'", false)]
    [InlineData("fsfreeze -f /data", false)]
    [InlineData("echo \"unclosed", false)]
    [InlineData("echo 'a $( b", false)]
    [InlineData("echo $(unclosed \\", false)]
    public void Leaves_other_commands_alone(string command, bool speaksRedis)
    {
        Assert.Equal(new RedisSave(speaksRedis, false, null), RedisSave.Of(command));
        Assert.Null(Consistency.Refusal(new ConsistencyStep(command, true, null, TimeSpan.FromSeconds(30))));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" \n")]
    [InlineData("# nothing")]
    public void Refuses_an_empty_command(string command) =>
        Assert.Equal(ExitCode.Usage, Consistency.Refusal(new ConsistencyStep(command, false, null, TimeSpan.FromSeconds(30)))?.ExitCode);

    [Fact]
    public void Splitting_takes_any_text()
    {
        var random = new Random(20261122);
        const string alphabet = "a'\"\\$(){}`#;&|<> \n\t\rB";
        for (var i = 0; i < 100_000; i++)
        {
            var text = string.Create(random.Next(24), random, (span, r) =>
            {
                foreach (ref var c in span)
                    c = alphabet[r.Next(alphabet.Length)];
            });
            foreach (var token in ShellWords.Split(text))
                Assert.InRange(token.End, token.Start + 1, text.Length);
        }
    }
}
