using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using BackupRunner.Tests.Kube.Fake;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Webhook;

/// <summary>The certificate that replicas make, with the account and the webhook configurations of manifests/.</summary>
public sealed class IssuedCertificateTests : IAsyncLifetime
{
    static readonly TimeSpan TwoThirds = TimeSpan.FromDays(60);

    FakeKubeApi api = null!;
    FakeCaller admin = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    string Bundle => api.Bundles().Distinct().Single()!;

    public async ValueTask InitializeAsync()
    {
        api = await Rendered.Cluster(Cancel);
        admin = new FakeCaller(api, api.AdminToken);
    }

    public async ValueTask DisposeAsync()
    {
        admin.Dispose();
        await api.DisposeAsync();
    }

    [Fact]
    public async Task Makes_a_certificate_that_a_client_takes_which_trusts_only_the_bundle()
    {
        await using var replica = await TlsReplica.Start(api, Cancel);
        Assert.Equal(10, api.Bundles().Count);
        Assert.Equal(api.Field("ca.crt"), Bundle);
        var certificate = await replica.Connect(Bundle, Cancel);
        Assert.All(TlsReplica.Place.HostNames, name => Assert.True(certificate.MatchesHostname(name, allowCommonName: false), name));
        Assert.Equal("kubernetes.io/tls", (string?)api.StoredSecret()!["type"]);
        Assert.Null(replica.Serving.Problem);
    }

    [Fact]
    public async Task Go_and_openssl_would_take_it_too()
    {
        await using var replica = await TlsReplica.Start(api, Cancel);
        using var scratch = new Scratch();
        var said = Shell.Run("openssl", "verify", "-x509_strict", "-attime", replica.Time.GetUtcNow().ToUnixTimeSeconds().ToString(null, null), "-purpose", "sslserver", "-verify_hostname", "backup-webhook.backup-system.svc",
            "-CAfile", scratch.File("ca", Bundle), scratch.File("tls", api.Field("tls.crt")));
        Assert.Contains(": OK", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_that_start_at_once_share_the_one_that_was_made_first()
    {
        await using var first = await TlsReplica.Idle(api, Cancel);
        await using var second = await TlsReplica.Idle(api, Cancel);
        // Both have seen that there is none before either makes one.
        var (both, seen) = (new TaskCompletionSource(), 0);
        api.Faults.Add(request => request.Method == "POST" && request.Path.Value!.EndsWith("/secrets", StringComparison.Ordinal), new FakeFault.First(() =>
        {
            if (Interlocked.Increment(ref seen) == 2)
                both.SetResult();
            return both.Task;
        }), times: 2);
        first.Begin();
        second.Begin();
        await first.Settled(Cancel);
        await second.Settled(Cancel);
        Assert.Equal([201, 409], api.Log.Where(call => call.Method == "POST" && call.Resource == "secrets" && call.User.EndsWith(":backup-webhook", StringComparison.Ordinal)).Select(call => call.Status).Order());
        Assert.Equal((await first.Connect(Bundle, Cancel)).Thumbprint, (await second.Connect(Bundle, Cancel)).Thumbprint);
    }

    [Fact]
    public async Task A_second_look_writes_nothing()
    {
        await using var replica = await TlsReplica.Start(api, Cancel);
        var writes = api.Writes();
        await replica.Pass(TimeSpan.FromMinutes(1), Cancel);
        await replica.Pass(TimeSpan.FromDays(59), Cancel);
        Assert.Equal(writes, api.Writes());
    }

    [Fact]
    public async Task Is_renewed_at_two_thirds_of_its_life_while_connections_stay_open_and_the_other_replica_takes_it()
    {
        await using var first = await TlsReplica.Start(api, Cancel);
        await using var second = await TlsReplica.Start(api, Cancel);
        var (bundle, before) = (Bundle, await first.Connect(Bundle, Cancel));
        await using var open = await first.Open(bundle, Cancel);

        await first.Pass(TwoThirds, Cancel);

        var after = await first.Connect(bundle, Cancel);
        Assert.NotEqual(before.Thumbprint, after.Thumbprint);
        Assert.Equal(bundle, Bundle);
        await open.WriteAsync(Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), Cancel);
        Assert.StartsWith("HTTP/1.1 200", await new StreamReader(open).ReadLineAsync(Cancel));
        await Eventually.True(() => Task.FromResult(second.Serving.Current!.Thumbprint == after.Thumbprint), "the other replica's certificate");
    }

    [Fact]
    public async Task A_new_authority_is_trusted_before_it_is_served_and_the_old_one_until_it_expires()
    {
        await using var replica = await TlsReplica.Start(api, Cancel);
        var first = Bundle;
        var renewal = TimeSpan.FromDays(3650) * 2 / 3;
        // Served until shortly before, so that the certificate of the old authority is still good.
        await replica.Pass(renewal - TimeSpan.FromDays(2), Cancel);
        var served = await replica.Connect(first, Cancel);

        await replica.Pass(TimeSpan.FromDays(3), Cancel);
        Assert.Equal(2, Count(Bundle));
        Assert.Contains(first, Bundle, StringComparison.Ordinal);
        // An API server that has not heard of the new one yet, and one that has.
        Assert.Equal(served.Thumbprint, (await replica.Connect(first, Cancel)).Thumbprint);
        Assert.Equal(served.Thumbprint, (await replica.Connect(Bundle, Cancel)).Thumbprint);

        await replica.Pass(TimeSpan.FromHours(2), Cancel);
        Assert.NotEqual(served.Thumbprint, (await replica.Connect(Bundle, Cancel)).Thumbprint);
        await Assert.ThrowsAsync<AuthenticationException>(() => replica.Connect(first, Cancel));
        Assert.Equal(2, Count(Bundle));

        await replica.Pass(TimeSpan.FromDays(3650) / 3, Cancel);
        Assert.Equal(1, Count(Bundle));
        await replica.Connect(Bundle, Cancel);
    }

    [Fact]
    public async Task A_new_authority_is_not_served_while_the_configurations_cannot_be_written()
    {
        await using var replica = await TlsReplica.Start(api, Cancel);
        var first = Bundle;
        await replica.Pass(TimeSpan.FromDays(3650) * 2 / 3 - TimeSpan.FromDays(2), Cancel);
        using (api.Faults.Add(request => request.Method == "PUT" && request.Path.Value!.Contains("validatingwebhook", StringComparison.Ordinal), new FakeFault.Answer(500)))
        {
            await replica.Pass(TimeSpan.FromDays(3), Cancel);
            await replica.Pass(TimeSpan.FromDays(1), Cancel);
            await replica.Connect(first, Cancel);
        }
        await replica.Pass(TimeSpan.FromMinutes(1), Cancel);
        await replica.Pass(TimeSpan.FromMinutes(1), Cancel);
        await Assert.ThrowsAsync<AuthenticationException>(() => replica.Connect(first, Cancel));
        await replica.Connect(Bundle, Cancel);
    }

    [Theory]
    [InlineData("")]
    [InlineData("bm90aGluZwo=")]
    public async Task A_bundle_that_somebody_changes_is_put_back(string other)
    {
        await using var replica = await TlsReplica.Start(api, Cancel);
        var bundle = Bundle;
        foreach (var plural in TlsObjects.Configurations)
        {
            var changed = await admin.Call("PATCH", $"/apis/admissionregistration.k8s.io/v1/{plural}/backup-webhook", $$"""[{"op":"replace","path":"/webhooks/0/clientConfig/caBundle","value":"{{other}}"}]""", "application/json-patch+json");
            Assert.Equal(200, changed.Status);
        }
        await Eventually.True(() => Task.FromResult(api.Bundles().All(held => held == bundle)), "the bundle, by a watch");
    }

    [Fact]
    public async Task A_configuration_that_is_made_again_is_completed()
    {
        await using var replica = await TlsReplica.Start(api, Cancel);
        var bundle = Bundle;
        await admin.Call("DELETE", "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/backup-webhook");
        await replica.Pass(TimeSpan.FromMinutes(1), Cancel);
        Assert.Equal((201, ""), await Rendered.Create(api, admin, Rendered.One("MutatingWebhookConfiguration", "backup-webhook")));
        await Eventually.True(() => Task.FromResult(api.Bundles().All(held => held == bundle)), "the bundle");
    }

    [Fact]
    public async Task Another_writer_of_the_configuration_loses_nothing()
    {
        await using var replica = await TlsReplica.Idle(api, Cancel);
        api.Faults.Add(request => request.Method == "PUT" && request.Path.Value!.Contains("mutatingwebhook", StringComparison.Ordinal), new FakeFault.First(async () =>
            Assert.Equal(200, (await admin.Call("PATCH", "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/backup-webhook", """{"metadata":{"labels":{"theirs":"kept"}}}""", "application/merge-patch+json")).Status)), times: 1);
        replica.Begin();
        await replica.Settled(Cancel);
        Assert.Equal("kept", (string?)api.Cluster.Get("mutatingwebhookconfigurations", "", "backup-webhook")!.Item["metadata"]!["labels"]!["theirs"]);
        await replica.Connect(Bundle, Cancel);
    }

    [Theory]
    [InlineData("tls.crt")]
    [InlineData("tls.key")]
    [InlineData("ca.crt")]
    [InlineData("ca.key")]
    public async Task A_damaged_part_of_the_Secret_is_made_anew(string field)
    {
        await using var replica = await TlsReplica.Start(api, Cancel);
        var bundle = Bundle;
        var patched = await admin.Call("PATCH", TlsObjects.Secret, new JsonObject { ["data"] = new JsonObject { [field] = "LS0tLS1CRUdJTg==" } }.ToJsonString(), "application/merge-patch+json");
        Assert.Equal(200, patched.Status);
        await Eventually.True(async () => api.Field(field).Length > 20 && api.Bundles().Distinct().ToList() is [{ } now] && await Takes(replica, now), "a Secret that is whole");
        if (field.StartsWith("tls", StringComparison.Ordinal))
            Assert.Equal(bundle, Bundle);
        Assert.Contains("cannot be used", replica.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("PRIVATE", replica.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_Secret_that_is_deleted_is_made_again()
    {
        await using var replica = await TlsReplica.Start(api, Cancel);
        var before = Bundle;
        await admin.Call("DELETE", TlsObjects.Secret);
        await Eventually.True(async () => api.StoredSecret() is not null && api.Bundles().Distinct().ToList() is [{ } bundle] && bundle != before && await Takes(replica, bundle), "another Secret");
    }

    [Fact]
    public async Task Without_the_API_server_it_is_not_ready_and_once_there_was_one_it_stays_so()
    {
        var down = api.Faults.Add(request => request.Path.Value!.Contains("secrets", StringComparison.Ordinal), new FakeFault.Answer(403));
        await using var replica = await TlsReplica.Idle(api, Cancel);
        replica.Begin();
        await replica.Settled(Cancel);
        Assert.Equal("there is no certificate yet", replica.Serving.Problem);
        await Assert.ThrowsAnyAsync<Exception>(() => replica.Connect(api.AuthorityPem, Cancel));
        down.Dispose();
        await replica.Pass(TimeSpan.FromSeconds(5), Cancel);
        Assert.Null(replica.Serving.Problem);

        using var again = api.Faults.Add(request => request.Path.Value!.Contains("secrets", StringComparison.Ordinal), new FakeFault.Answer(403));
        await replica.Pass(TimeSpan.FromMinutes(1), Cancel);
        Assert.Null(replica.Serving.Problem);
        replica.Time.Advance(TimeSpan.FromDays(91));
        Assert.StartsWith("the certificate expired at ", replica.Serving.Problem, StringComparison.Ordinal);
    }

    static async Task<bool> Takes(TlsReplica replica, string bundle)
    {
        try
        {
            await replica.Connect(bundle, Cancel);
            return true;
        }
        catch (AuthenticationException)
        {
            return false;
        }
    }

    static int Count(string bundle)
    {
        var all = new X509Certificate2Collection();
        all.ImportFromPem(bundle);
        return all.Count;
    }
}
