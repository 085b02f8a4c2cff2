using BackupRunner.Hooks;

namespace BackupRunner.Tests.Hooks;

public sealed class RedactionTests
{
    static readonly Dictionary<string, string> Environment = new()
    {
        ["MY_PW_HOLDER"] = "held-in-a-variable",
        ["PGPASSWORD"] = "pg-secret",
        ["Api_Token"] = "tok1",
        ["SSH_KEY"] = "-----BEGIN\nline-of-key\nend",
        ["SHORT_PASSWORD"] = "abc",
        ["PATH"] = "/usr/bin",
        ["PWD"] = "/here",
    };

    [Theory]
    [InlineData("pg-secret", "**redacted**")]
    [InlineData("a tok1 b tok1", "a **redacted** b **redacted**")]
    [InlineData("line-of-key", "**redacted**")]
    [InlineData("abc /usr/bin /here", "abc /usr/bin /here")]
    public void Hides_the_values_of_variables_with_secret_names(string text, string shown) =>
        Assert.Equal(shown, Redaction.Of(Environment).Apply(text));

    [Theory]
    [InlineData("redis-cli -a s3cr3t -p 6380 BGSAVE")]
    [InlineData("/usr/bin/redis-cli -p 6380 --pass s3cr3t --no-auth-warning BGSAVE")]
    [InlineData("redis-cli -u redis://user:s3cr3t@db:6380/0 BGSAVE")]
    [InlineData("redis-cli AUTH s3cr3t")]
    [InlineData("REDISCLI_AUTH=s3cr3t redis-cli BGSAVE")]
    [InlineData("export PGPASSWORD='s3cr3t'; pg_dump")]
    [InlineData("MYSQL_PWD=s3cr3t mysqldump x")]
    [InlineData("mysql -ps3cr3t -e 'FLUSH TABLES'")]
    [InlineData("mysql --password=s3cr3t db")]
    [InlineData("mongodump -u admin -p s3cr3t")]
    [InlineData("curl -u admin:s3cr3t http://localhost")]
    [InlineData("sh -c \"redis-cli -a s3cr3t BGSAVE\"")]
    [InlineData("sh -c 'sh -c \"redis-cli -a s3cr3t BGSAVE\"'")]
    [InlineData("a && b | c --access-token=s3cr3t")]
    [InlineData("x=1\nredis-cli \\\n  -a s3cr3t \\\n BGSAVE")]
    [InlineData("redis-cli -a 's3cr3t")]
    public void Hides_what_a_command_gives_away(string command) =>
        Assert.Equal("no **redacted**, 6380", Redaction.Of(Environment).With(command).Apply("no s3cr3t, 6380"));

    [Fact]
    public void Hides_what_a_named_variable_holds() =>
        Assert.Equal("**redacted**", Redaction.Of(Environment).With("redis-cli -a \"$MY_PW_HOLDER\" BGSAVE").Apply("held-in-a-variable"));

    [Fact]
    public void Hides_a_short_password_as_a_word_only() =>
        Assert.Equal("**redacted**, pwd", Redaction.Of(Environment).With("redis-cli -a pw BGSAVE").Apply("pw, pwd"));

    [Fact]
    public void Hides_secrets_that_overlap() =>
        Assert.Equal("<**redacted**>", Redaction.Of(new Dictionary<string, string> { ["A_KEY"] = "abcdef", ["B_KEY"] = "defghi" }).Apply("<abcdefghi>"));

    [Theory]
    [InlineData("cp -a /data /backup", "/data")]
    [InlineData("mkdir -p /backup", "/backup")]
    [InlineData("redis-cli -h db -p 6380 --no-auth-warning BGSAVE", "db 6380 BGSAVE")]
    public void Leaves_what_a_message_needs(string command, string text) =>
        Assert.Equal(text, Redaction.Of(Environment).With(command).Apply(text));
}
