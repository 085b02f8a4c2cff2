using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using BackupRunner.Kube;
using BackupRunner.Tests.Hooks;
using Microsoft.AspNetCore.Http;

namespace BackupRunner.Tests.Kube;

/// <summary>A <c>ca.crt</c> whose certificate another authority has signed, as RKE2 and companies with a PKI of their own have it. Go and kubectl take it as it is.</summary>
public sealed class AuthorityTests : IDisposable
{
    static readonly DateTimeOffset From = TimeProvider.System.GetUtcNow().AddDays(-2);
    static readonly DateTimeOffset Until = From.AddDays(4);

    readonly List<X509Certificate2> made = [];
    readonly X509Certificate2 root;
    readonly X509Certificate2 between;

    public AuthorityTests()
    {
        root = Authority("CN=root", null);
        between = Authority("CN=between", root);
    }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => made.ForEach(one => one.Dispose());

    X509Certificate2 Authority(string name, X509Certificate2? above, DateTimeOffset? until = null, bool isAuthority = true, ECDsa? sameKey = null, string? usage = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, sameKey ?? key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        if (usage is not null)
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], critical: false));
        return Signed(request, sameKey ?? key, above, until);
    }

    X509Certificate2 Server(X509Certificate2 by, string name = "localhost", DateTimeOffset? until = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=server", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using var signed = Signed(request, key, by, until);
        // Kestrel on Linux takes a key that was imported.
        return Kept(X509CertificateLoader.LoadPkcs12(signed.Export(X509ContentType.Pkcs12), null));
    }

    X509Certificate2 Signed(CertificateRequest request, ECDsa key, X509Certificate2? above, DateTimeOffset? until)
    {
        if (above is null)
            return Kept(request.CreateSelfSigned(From, until ?? Until));
        using var signed = request.Create(above.SubjectName, X509SignatureGenerator.CreateForECDsa(above.GetECDsaPrivateKey()!), From, until ?? Until, RandomNumberGenerator.GetBytes(8));
        return Kept(signed.CopyWithPrivateKey(key));
    }

    X509Certificate2 Kept(X509Certificate2 one)
    {
        made.Add(one);
        return one;
    }

    /// <param name="sent">By the server, beside its own certificate.</param>
    static Task<ScriptedKube> Start(X509Certificate2 server, params X509Certificate2[] sent) => ScriptedKube.Start(async (context, _) =>
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            await context.Response.WriteAsync("""{"kind":"Pod","metadata":{"name":"a"}}""");
            return;
        }
        using var socket = await context.WebSockets.AcceptWebSocketAsync("v5.channel.k8s.io");
        await socket.SendAsync((byte[])[3, .. """{"metadata":{},"status":"Success"}"""u8], WebSocketMessageType.Binary, true, Cancel);
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", Cancel);
    }, Cancel, server, chain: [.. sent]);

    static KubeClient Client(ScriptedKube server, params X509Certificate2[] bundle) => new(new() { Server = server.Address, Authorities = [.. bundle] }, new ManualTime());

    static async Task AssertAccepted(X509Certificate2[] bundle, X509Certificate2 server, params X509Certificate2[] sent)
    {
        await using var kube = await Start(server, sent);
        using var client = Client(kube, bundle);
        Assert.NotNull(await client.Get(KubeResources.Pods, "shop", "a", Cancel));
        await using var exec = await client.Exec(new("shop", "a", "redis", ["true"]), Cancel);
        Assert.Equal(0, await exec.Run(_ => default, _ => default, Cancel));
    }

    static async Task AssertRefused(string why, X509Certificate2[] bundle, X509Certificate2 server, params X509Certificate2[] sent)
    {
        await using var kube = await Start(server, sent);
        using var client = Client(kube, bundle);
        var call = await Assert.ThrowsAsync<KubeException>(() => client.Get(KubeResources.Pods, "shop", "a", Cancel));
        Assert.True(call.IsUnreachable);
        Assert.Contains(why, call.Message, StringComparison.Ordinal);
        var exec = await Assert.ThrowsAsync<KubeException>(() => client.Exec(new("shop", "a", "redis", ["true"]), Cancel));
        Assert.Contains(why, exec.Message, StringComparison.Ordinal);
        Assert.Empty(kube.Seen);
    }

    [Fact]
    public async Task An_authority_that_another_has_signed_is_enough_whatever_the_server_sends()
    {
        await AssertAccepted([between], Server(between));
        await AssertAccepted([between], Server(between), between);
        await AssertAccepted([between], Server(between), between, root);
        await AssertAccepted([between, root], Server(between), between);
        var below = Authority("CN=below", between);
        await AssertAccepted([between], Server(below), below);
        await AssertAccepted([Authority("CN=another", root), between], Server(between));
    }

    [Fact]
    public async Task An_authority_that_was_signed_anew_stays_one_for_who_has_the_old_certificate_or_the_new_one()
    {
        using var key = between.GetECDsaPrivateKey()!;
        var renewed = Authority("CN=between", Authority("CN=new root", null), Until.AddDays(9), sameKey: key);
        await AssertAccepted([between], Server(between), renewed);
        await AssertAccepted([renewed], Server(between), between);
    }

    [Fact]
    public async Task Another_authority_of_the_same_root_or_of_the_same_name_is_refused()
    {
        var sibling = Authority("CN=sibling", root);
        await AssertRefused("PartialChain", [between], Server(sibling));
        await AssertRefused("", [between], Server(sibling), sibling);
        await AssertRefused("", [between], Server(sibling), sibling, root);
        await AssertRefused("", [between], Server(root), root);
        await AssertRefused("", [Authority("CN=between", root)], Server(between), between);
        await AssertRefused("", [Authority("CN=between", root)], Server(between));
    }

    [Fact]
    public async Task A_signature_by_another_key_is_refused()
    {
        // Its name says between, and between's key has signed nothing.
        using var forger = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=server", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        using var signed = request.Create(between.SubjectName, X509SignatureGenerator.CreateForECDsa(forger), From, Until, RandomNumberGenerator.GetBytes(8)).CopyWithPrivateKey(key);
        await AssertRefused("NotSignatureValid", [between], Kept(X509CertificateLoader.LoadPkcs12(signed.Export(X509ContentType.Pkcs12), null)));
    }

    [Fact]
    public async Task What_has_expired_or_is_for_something_else_is_refused()
    {
        var yesterday = From.AddDays(1);
        await AssertRefused("NotTimeValid", [between], Server(between, until: yesterday));
        var old = Authority("CN=old", root, yesterday);
        await AssertRefused("NotTimeValid", [old], Server(old));
        var ofClients = Authority("CN=clients", between, usage: "1.3.6.1.5.5.7.3.2");
        await AssertRefused("NotValidForUsage", [between], Server(ofClients), ofClients);
        var none = Authority("CN=none", root, isAuthority: false);
        await AssertRefused("", [none], Server(none));
        var noneBelow = Authority("CN=none", between, isAuthority: false);
        await AssertRefused("", [between], Server(noneBelow), noneBelow);
    }

    [Fact]
    public async Task Another_name_is_refused() => await AssertRefused("", [between], Server(between, "elsewhere"));

    [Fact]
    public async Task A_root_is_taken_as_ever()
    {
        await AssertAccepted([root], Server(root));
        await AssertAccepted([root], Server(between), between);
        await AssertRefused("PartialChain", [root], Server(between));
        await AssertRefused("", [root], Server(root, "elsewhere"));
        await AssertRefused("", [Authority("CN=root", null)], Server(root));
    }
}
