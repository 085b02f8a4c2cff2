using System.Text;
using BackupRunner.Kube;
using BackupRunner.Tests.Hooks;
using BackupRunner.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace BackupRunner.Tests.Kube;

public sealed class ConfigurationTests : IDisposable
{
    readonly Scratch scratch = new();
    readonly TestAuthority authority = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        scratch.Dispose();
        authority.Dispose();
    }

    string Kubeconfig(string user, string cluster = "server: https://k:6443") => scratch.File("config", $$"""
        current-context: one
        contexts: [{name: one, context: {cluster: c, user: u, namespace: shop} }]
        clusters: [{name: c, cluster: {{{cluster}} } }]
        users: [{name: u, user: {{{user}} } }]
        """);

    string Refusal(string user, string? context = null) => Assert.Throws<KubeConfigException>(() => KubeConfig.FromFile(Kubeconfig(user), context)).Message;

    [Theory]
    [InlineData("10.0.0.1", "https://10.0.0.1:6443/")]
    [InlineData("fd00::1", "https://[fd00::1]:6443/")]
    public void Finds_what_kubelet_gives_a_pod(string host, string server)
    {
        scratch.File("sa/namespace", "shop\n");
        scratch.File("sa/ca.crt", authority.Pem);
        scratch.File("sa/token", "secret-token\n");
        var environment = new Dictionary<string, string> { ["KUBERNETES_SERVICE_HOST"] = host, ["KUBERNETES_SERVICE_PORT"] = "6443" };
        var config = KubeConfig.InCluster(environment, scratch["sa"])!;
        Assert.Equal((server, "shop", 1, false), (config.Server.ToString(), config.Namespace, config.Authorities!.Count, config.UseProxy));
        Assert.DoesNotContain("secret-token", config.ToString(), StringComparison.Ordinal);
        Assert.Null(KubeConfig.InCluster(new Dictionary<string, string>(), scratch["sa"]));
        Assert.Null(KubeConfig.InCluster(environment, scratch["none"]));
        File.Delete(scratch["sa/token"]);
        Assert.Throws<KubeConfigException>(() => KubeConfig.InCluster(environment, scratch["sa"]));
    }

    [Fact]
    public void Reads_inline_data_and_files_beside_the_kubeconfig()
    {
        scratch.File("pki/ca.crt", authority.Pem);
        scratch.File("token", "t");
        using var issued = authority.Issue("client");
        var inline = Convert.ToBase64String(Encoding.UTF8.GetBytes(authority.Pem));
        var byFile = KubeConfig.FromFile(Kubeconfig("tokenFile: token, token: other", "server: https://k:6443, certificate-authority: pki/ca.crt, tls-server-name: api"), null);
        var byData = KubeConfig.FromFile(Kubeconfig("token: t", $"server: https://k:6443, certificate-authority-data: {inline}"), "one");
        Assert.Equal(byFile.Authorities![0], byData.Authorities![0]);
        Assert.Equal(("t", "t", "api", "shop"), (byFile.Token!.Read(), byData.Token!.Read(), byFile.ServerName, byFile.Namespace));
    }

    [Fact]
    public void Refuses_what_it_cannot_do()
    {
        Assert.Contains("\"exec\" runs a plugin, which is not supported", Refusal("exec: {command: aws}"), StringComparison.Ordinal);
        Assert.Contains("\"auth-provider\" runs a plugin", Refusal("auth-provider: {name: gcp}"), StringComparison.Ordinal);
        Assert.Contains("has no context \"two\"", Refusal("token: t", "two"), StringComparison.Ordinal);
        Assert.Contains("needs both", Refusal("client-certificate-data: YQ=="), StringComparison.Ordinal);
        var e = Assert.Throws<KubeConfigException>(() => KubeConfig.FromFile(scratch.File("bad", "token: \"secret-token\n  x: [\n"), null));
        Assert.DoesNotContain("secret-token", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reads_a_rotated_token_after_a_401_and_every_minute()
    {
        var time = new ManualTime();
        var good = "Bearer one";
        await using var server = await ScriptedKube.Start((context, _) => context.Request.Headers.Authorization == good
            ? context.Response.WriteAsync("""{"kind":"Pod","metadata":{"name":"a"}}""")
            : ScriptedKube.Fail(context, 401, "Unauthorized", "Unauthorized one"), Cancel);
        using var client = new KubeClient(new() { Server = server.Address, Token = BearerToken.InFile(scratch.File("token", "one")) }, time);
        await client.Get(KubeResources.Pods, "shop", "a", Cancel);
        (good, _) = ("Bearer two", scratch.File("token", "two"));
        await client.Get(KubeResources.Pods, "shop", "a", Cancel);
        scratch.File("token", "three");
        time.Advance(TimeSpan.FromMinutes(1));
        good = "Bearer three";
        await client.Get(KubeResources.Pods, "shop", "a", Cancel);
        Assert.Equal(["Bearer one", "Bearer one", "Bearer two", "Bearer three"], server.Seen.Select(one => one.Authorization));
        (good, _) = ("nobody", scratch.File("token", "one"));
        var e = await Assert.ThrowsAsync<KubeException>(() => client.Get(KubeResources.Pods, "shop", "a", Cancel));
        Assert.EndsWith("Unauthorized **redacted**", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Talks_only_to_a_server_of_the_given_authority_and_name()
    {
        using var certificate = authority.Issue("localhost");
        using var other = new TestAuthority();
        await using var server = await ScriptedKube.Start((context, _) => context.Response.WriteAsync("""{"kind":"Pod","metadata":{"name":"a"}}"""), Cancel, certificate);
        var good = new KubeConfig { Server = server.Address, Authorities = [authority.Certificate] };
        Task<Pod?> Get(KubeConfig config) => new KubeClient(config, new ManualTime()).Get(KubeResources.Pods, "shop", "a", Cancel);
        Assert.NotNull(await Get(good));
        Assert.NotNull(await Get(good with { Server = new($"https://127.0.0.1:{server.Address.Port}"), ServerName = "localhost" }));
        Assert.NotNull(await Get(good with { Authorities = null, SkipTlsVerification = true }));
        Assert.True((await Assert.ThrowsAsync<KubeException>(() => Get(good with { Authorities = [other.Certificate] }))).IsUnreachable);
        Assert.True((await Assert.ThrowsAsync<KubeException>(() => Get(good with { ServerName = "elsewhere" }))).IsUnreachable);
        Assert.True((await Assert.ThrowsAsync<KubeException>(() => Get(good with { Authorities = null }))).IsUnreachable);
    }
}
