using System.Globalization;
using BackupRunner.Tests.Hooks;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.EndToEnd;

/// <summary>A save that does not come about: an error of its own, exit 3, and nothing left, neither in the store nor of the password.</summary>
public sealed class RedisFailureTests : IDisposable
{
    readonly Scratch scratch = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => scratch.Dispose();

    [Fact]
    public async Task A_save_that_is_in_progress_already()
    {
        await using var server = await RedisServer.Start(Cancel);
        server.SlowSaves();
        server.Cli("BGSAVE");

        await Fails(server, "a save that is not ours is already in progress");

        Assert.Equal("1", server.Persistence("rdb_bgsave_in_progress"));
    }

    [Fact]
    public async Task A_save_that_fails_in_the_background()
    {
        await using var server = await RedisServer.Start(Cancel);
        Shell.Run("chmod", "500", server.Folder);

        await Fails(server, "the save failed in the background (rdb_last_bgsave_status:err)");
    }

    [Fact]
    public async Task A_save_longer_than_the_timeout()
    {
        await using var server = await RedisServer.Start(Cancel);
        server.SlowSaves();

        await Fails(server, "the save did not finish within 3s (backup.settings.consistency.timeout)", timeout: "3s");

        Assert.Equal("1", server.Persistence("rdb_bgsave_in_progress"));
    }

    [Theory]
    [InlineData("redis-cli", null)]
    [InlineData("printenv REDISCLI_AUTH; redis-cli", "true")]
    [InlineData("set -x; redis-cli --pass wrong-horse", "true")]
    public async Task A_wrong_password_which_the_command_may_even_print(string client, string? waitCommand)
    {
        await using var server = await RedisServer.Start(Cancel);

        await Fails(server, "the server refused the password", password: "wrong-horse", client: client, waitCommand: waitCommand);
    }

    [Fact]
    public async Task A_password_that_is_missing()
    {
        await using var server = await RedisServer.Start(Cancel);

        await Fails(server, "the server asks for a password", password: "");
    }

    /// <param name="password">Null for the right one.</param>
    async Task Fails(RedisServer server, string message, string? password = null, string client = "redis-cli", string timeout = "30s", string? waitCommand = null)
    {
        password ??= server.Password;
        var policy = scratch.File("policy.yaml", $"""
            backup:
              settings:
                consistency:
                  enabled: true
                  command: {client} -p {server.Port.ToString(CultureInfo.InvariantCulture)} BGSAVE
                  timeout: {timeout}
                  {(waitCommand is null ? "" : $"waitCommand: \"{waitCommand}\"")}
            """);
        var runner = new RunnerCall(scratch.Folder("state"))
        {
            Variables = password.Length == 0 ? new Dictionary<string, string>() : new() { ["REDISCLI_AUTH"] = password },
        };

        var result = await runner.Run("backup", "--policy", policy, "--data", server.Folder, "--store", scratch["store"], "--report", scratch["report.json"]);

        Assert.Contains(result.Exited(3).Error.Split('\n'), line => line.StartsWith("error: ", StringComparison.Ordinal) && line.Contains(message, StringComparison.Ordinal));
        Assert.Equal("", result.Out);
        AssertReported(message);
        Assert.Empty(Directory.Exists(scratch["store"]) ? Directory.GetFiles(scratch["store"], "*", SearchOption.AllDirectories) : []);
        AssertHides(result, server.Password);
        if (password.Length > 0)
            AssertHides(result, password);
    }

    void AssertReported(string message)
    {
        using var report = System.Text.Json.JsonDocument.Parse(File.ReadAllBytes(scratch["report.json"]));
        Assert.Equal(3, report.RootElement.GetProperty("exitCode").GetInt32());
        Assert.Contains(message, report.RootElement.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    void AssertHides(RunnerResult result, string secret)
    {
        Assert.DoesNotContain(secret, result.Out + result.Error, StringComparison.Ordinal);
        Assert.Equal(1, Shell.Try("grep", "-r", "--fixed-strings", "--files-with-matches", secret, scratch["state"], scratch["report.json"]).ExitCode);
    }
}
