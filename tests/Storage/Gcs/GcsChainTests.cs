using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Storage.Gcs;

/// <summary>Without <c>--credentials</c>: what Google's library looks for, by the real program, because it keeps what it found for the whole process.</summary>
public sealed class GcsChainTests : IAsyncLifetime
{
    readonly Scratch scratch = new();
    GcsBucket bucket = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => bucket = await GcsBucket.Create(Cancel);

    public async ValueTask DisposeAsync()
    {
        await bucket.DisposeAsync();
        scratch.Dispose();
    }

    [Fact]
    public async Task The_file_that_the_environment_names_is_used()
    {
        var file = scratch.File("key.json", bucket.Fake.Account.File(bucket.Fake.TokenAddress));
        (await List(("GOOGLE_APPLICATION_CREDENTIALS", file))).Exited(0);
        Assert.Equal(1, bucket.Fake.Tokens.Given);
    }

    [Fact]
    public async Task A_file_that_the_environment_names_and_that_is_not_there_is_named()
    {
        var result = (await List(("GOOGLE_APPLICATION_CREDENTIALS", scratch["none.json"]))).Exited(4);
        Assert.Contains($"cannot read the credentials in \"{scratch["none.json"]}\"", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pod_with_workload_identity_asks_the_metadata_server()
    {
        (await List(("GCE_METADATA_HOST", bucket.Address.Authority))).Exited(0);
        Assert.Equal(1, bucket.Fake.Tokens.Given);
    }

    [Fact]
    public async Task Without_any_credentials_it_is_told_where_they_were_looked_for()
    {
        // Nothing listens there: a machine of Google Cloud that runs this test has a metadata server.
        var result = (await List(("GCE_METADATA_HOST", "127.0.0.1:1"))).Exited(4);
        Assert.Contains("there are no credentials for Google Cloud Storage", result.Error, StringComparison.Ordinal);
        Assert.Contains("give --credentials a folder with \"serviceAccount.json\"", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_with_a_certificate_alone_leaves_credentials_to_the_chain()
    {
        scratch.File("secret/ca.crt", "unread");
        (await List([("GCE_METADATA_HOST", bucket.Address.Authority)], "--credentials", scratch["secret"])).Exited(0);
        Assert.Equal(1, bucket.Fake.Tokens.Given);
    }

    Task<RunnerResult> List((string Name, string Value) variable) => List([variable]);

    Task<RunnerResult> List((string Name, string Value)[] variables, params string[] more)
    {
        var policy = scratch.File("policy.yaml", $"backup: {{storage: {{{bucket.PolicyYaml}}}}}\n");
        var call = new RunnerCall(scratch.Folder("state"))
        {
            Variables = variables.Append(("HOME", scratch.Folder("home"))).ToDictionary(pair => pair.Item1, pair => pair.Item2),
        };
        return call.Run(["list", "--policy", policy, .. more]);
    }
}
