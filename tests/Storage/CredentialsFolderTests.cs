using BackupRunner.Reports;
using BackupRunner.Storage;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Storage;

public sealed class CredentialsFolderTests : IDisposable
{
    readonly Scratch scratch = new();

    public void Dispose() => scratch.Dispose();

    [Fact]
    public void A_key_is_read_without_the_white_space_around_it_and_again_when_it_changed()
    {
        scratch.File("secret/accountKey", "one\n");
        var credentials = CredentialsFolder.Open(scratch["secret"]);
        Assert.Equal("one", credentials.Required("accountKey").Reveal());
        scratch.File("secret/accountKey", " two ");
        Assert.Equal("two", credentials.Required("accountKey").Reveal());
        File.Delete(scratch["secret/accountKey"]);
        Assert.Null(credentials.Read("accountKey"));
    }

    [Theory]
    [InlineData("AccessKeyId", "the credentials in \"DIR\" have \"AccessKeyId\" and none of \"accessKeyId\", \"secretAccessKey\"")]
    [InlineData("accessKeyId", null)]
    [InlineData("ca.crt", null)]
    [InlineData("..data", null)]
    [InlineData(null, null)]
    public void Keys_that_nobody_reads_do_not_leave_who_is_asking_to_the_environment(string? file, string? refusal)
    {
        scratch.Folder("secret");
        if (file is not null)
            scratch.File("secret/" + file, "x");
        var folder = CredentialsFolder.Open(scratch["secret"]);
        var refused = Record.Exception(() => folder.RequireAnyOf(["accessKeyId", "secretAccessKey"]));
        Assert.Equal(refusal?.Replace("DIR", scratch["secret"], StringComparison.Ordinal), refused?.Message);
    }

    /// <summary>A mounted Secret is links through <c>..data</c>, which kubelet exchanges.</summary>
    [Fact]
    public void A_key_is_read_through_the_links_of_a_mounted_secret()
    {
        scratch.File("secret/..one/key", "1");
        scratch.File("secret/..two/key", "2");
        Shell.Bash($"cd {scratch["secret"]}; ln -s ..one ..data; ln -s ..data/key key");
        var credentials = CredentialsFolder.Open(scratch["secret"]);
        Assert.Equal("1", credentials.Required("key").Reveal());
        Shell.Bash($"cd {scratch["secret"]}; ln -s ..two ..new; mv -T ..new ..data");
        Assert.Equal("2", credentials.Required("key").Reveal());
    }

    [Fact]
    public void What_is_wrong_with_a_secret_is_told_with_the_file_and_without_its_content()
    {
        Assert.Contains("there is no folder", Refusal(() => CredentialsFolder.Open(scratch["none"])), StringComparison.Ordinal);
        scratch.File("secret/empty", " \n");
        scratch.File("secret/large", new string('s', (1 << 20) + 1));
        scratch.Folder("secret/folder");
        // Who reads its own memory from the beginning gets EIO.
        Shell.Bash($"ln -s /proc/self/mem {scratch["secret/broken"]}; ln -s large {scratch["secret/linked"]}");
        var credentials = CredentialsFolder.Open(scratch["secret"]);
        Assert.Contains("/empty\" is empty", Refusal(() => credentials.Read("empty")), StringComparison.Ordinal);
        Assert.Contains("/large\" is too large", Refusal(() => credentials.Read("large")), StringComparison.Ordinal);
        Assert.Contains("/linked\" is too large", Refusal(() => credentials.Read("linked")), StringComparison.Ordinal);
        Assert.StartsWith($"cannot read the credential \"{scratch["secret/broken"]}\": ", Refusal(() => credentials.Read("broken")), StringComparison.Ordinal);
        Assert.Contains("have no \"missing\"", Refusal(() => credentials.Required("missing")), StringComparison.Ordinal);
        Assert.Null(credentials.Read("folder"));
    }

    [Fact]
    public void A_secret_shows_itself_only_when_it_is_asked()
    {
        var secret = new Secret("hunter2");
        Assert.Equal("**redacted**", $"{secret}");
        Assert.Equal(secret, new Secret("hunter2"));
        Assert.NotEqual(secret, new Secret("hunter3"));
    }

    static string Refusal(Action use)
    {
        var refused = Assert.Throws<RunnerException>(use);
        Assert.Equal(ExitCode.Usage, refused.ExitCode);
        return refused.Message;
    }
}
