using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using BackupRunner.Tests.Kube.Fake.Fields;
using BackupRunner.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;

namespace BackupRunner.Tests.Kube.Fake;

/// <summary>
/// A Kubernetes API server on a loopback port, as strict as the one of version 1.36 whose answers are in tests/Kube/Transcripts. It stores any kind that
/// it knows or that a CustomResourceDefinition declares, evaluates RBAC, calls webhooks, and executes commands on this machine. Nothing schedules or
/// runs pods: see tests/Kube/Simulation.
/// </summary>
public sealed class FakeKubeApi : IAsyncDisposable
{
    readonly CancellationTokenSource stopping = new();
    readonly ConcurrentQueue<FakeLogEntry> log = new();
    readonly TestAuthority authority = new();
    readonly FakeDispatch dispatch;
    readonly FakeGarbage garbage;
    readonly Task collecting;
    WebApplication? server;

    FakeKubeApi(TimeProvider time)
    {
        Cluster = new FakeCluster(time) { Authority = authority.Pem };
        Users = new FakeUsers(authority.Certificate, time);
        AdminToken = Users.Issue(FakeUser.Admin);
        Watches = new FakeWatches(Cluster);
        Execs = new FakeExecs(Cluster, Containers);
        dispatch = new FakeDispatch(Cluster, Watches, Execs);
        garbage = new FakeGarbage(Cluster);
        Cluster.Storage.Changed += change =>
        {
            if (change.Key.Plural == "customresourcedefinitions" && change.New is not null)
            {
                foreach (var kind in FakeCustomResource.Kinds(change.New.Item))
                    Cluster.Kinds.Add(kind);
            }
            garbage.Notice(change);
        };
        collecting = garbage.Work(stopping.Token);
    }

    /// <summary>https, 127.0.0.1 and the port, which stays the same when it stops and starts again.</summary>
    public Uri Address => new($"https://127.0.0.1:{Port}");

    public int Port { get; } = FreePort.Next();

    /// <summary>What <c>ca.crt</c> holds.</summary>
    public string AuthorityPem => authority.Pem;

    public TestAuthority Authority => authority;

    /// <summary>Of a user who may do all.</summary>
    public string AdminToken { get; }

    public FakeCluster Cluster { get; }

    public FakeUsers Users { get; }

    public FakeFaults Faults { get; } = new();

    public FakeWatches Watches { get; }

    public FakeExecs Execs { get; }

    public FakeContainers Containers { get; } = new();

    /// <summary>Every request that was taken apart, in the order in which they ended; watches and execs when they end.</summary>
    public IReadOnlyList<FakeLogEntry> Log => [.. log];

    /// <summary>With the namespaces default and kube-system.</summary>
    public static async Task<FakeKubeApi> Start(CancellationToken cancel, TimeProvider? time = null)
    {
        var api = new FakeKubeApi(time ?? TimeProvider.System);
        foreach (var name in (string[])["kube-system", "default"])
            await api.AddNamespace(name, cancel);
        await api.Listen(cancel);
        return api;
    }

    public async Task AddNamespace(string name, CancellationToken cancel)
    {
        var item = new JsonObject { ["kind"] = "Namespace", ["apiVersion"] = "v1", ["metadata"] = new JsonObject { ["name"] = name } };
        FakeStrategy.PrepareForCreate(Cluster.Kinds["namespaces"], item, Cluster);
        FieldManager by = new("kube-apiserver", "Update", "v1", "");
        ManagedFields.Of([]).Updated(by, new JsonObject { ["metadata"] = new JsonObject() }, new JsonObject { ["metadata"] = item["metadata"]!.DeepClone() }, FieldTable.Of("Namespace"), Cluster.Now).WriteTo(item);
        Cluster.Put(Cluster.Kinds["namespaces"], item);
        await Settled(cancel);
    }

    /// <summary>A token of a service account, which must exist.</summary>
    public string TokenOf(string @namespace, string account, TimeSpan? lifetime = null) => Cluster.Get("serviceaccounts", @namespace, account) is not null
        ? Users.Issue(FakeUser.Account(@namespace, account), lifetime)
        : throw new InvalidOperationException($"there is no service account {@namespace}/{account}");

    /// <summary>Ends once the controllers of the server have nothing more to do.</summary>
    public Task Settled(CancellationToken cancel) => garbage.Settled(cancel);

    public async Task Listen(CancellationToken cancel)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        var certificate = authority.Issue("kubernetes.default.svc", IPAddress.Loopback, IPAddress.IPv6Loopback);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(IPAddress.Loopback, Port, listen => listen.UseHttps(https =>
            {
                https.ServerCertificate = certificate;
                https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
                https.ClientCertificateValidation = (_, _, _) => true;
            }));
        });
        server = builder.Build();
        server.UseWebSockets();
        server.Run(Serve);
        await server.StartAsync(cancel);
    }

    /// <summary>Connections are refused, and those that are open are cut, until it listens again.</summary>
    public async Task Stop()
    {
        if (server is null)
            return;
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        Watches.Drop();
        try
        {
            await server.StopAsync(now.Token);
        }
        catch (OperationCanceledException)
        {
            // What was open is cut.
        }
        await server.DisposeAsync();
        server = null;
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await Stop();
        await collecting.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        Watches.Dispose();
        authority.Dispose();
        stopping.Dispose();
    }

    async Task Serve(HttpContext http)
    {
        var fault = Faults.Next(http.Request);
        if (fault is FakeFault.Hold hold)
            await hold.Until.WaitAsync(http.RequestAborted);
        if (fault is FakeFault.First first)
            await first.Do();
        if (fault is FakeFault.Cut)
        {
            Note(http, null, 0);
            http.Abort();
            return;
        }
        FakeRequest? request = null;
        try
        {
            if (fault is FakeFault.Answer answer)
                throw Answered(answer);
            request = FakeRequest.Of(http.Request, Users.Of(http));
            Cluster.Authorizer.Demand(request);
            await dispatch.Serve(http, request, fault is FakeFault.CutAfter);
            Note(http, request, fault is FakeFault.CutAfter ? 0 : http.Response.StatusCode);
        }
        catch (FakeStatusException error) when (!http.Response.HasStarted)
        {
            Note(http, request, error.Code);
            await FakeDispatch.Fail(http, request, error);
        }
        catch (Exception problem) when (problem is OperationCanceledException or IOException or System.Net.WebSockets.WebSocketException or Microsoft.AspNetCore.Connections.ConnectionAbortedException)
        {
            Note(http, request, 0);
            http.Abort();
        }
        catch (Exception bug) when (!http.Response.HasStarted)
        {
            // A bug of the fake, or a request that it does not foresee: the answer says which.
            Note(http, request, 500);
            await FakeDispatch.Fail(http, request, FakeStatusException.Internal("the fake has a bug: " + bug));
        }
    }

    static FakeStatusException Answered(FakeFault.Answer answer) => answer.Status switch
    {
        429 => new FakeStatusException(429, "TooManyRequests", "Too many requests, please try again later.", new JsonObject { ["retryAfterSeconds"] = answer.RetryAfterSeconds ?? 1 }) { RetryAfter = answer.RetryAfterSeconds ?? 1 },
        503 => new FakeStatusException(503, "ServiceUnavailable", "the server is currently unable to handle the request") { RetryAfter = answer.RetryAfterSeconds },
        401 => FakeStatusException.Unauthorized(),
        var status => new FakeStatusException(status, "InternalError", "an injected error"),
    };

    void Note(HttpContext http, FakeRequest? request, int status) => log.Enqueue(request is null
        ? new FakeLogEntry("", "", "", "", "", "", http.Request.Method, http.Request.Path, status)
        : new FakeLogEntry(request.User.Name, request.Verb, request.Group, request.ResourceAndSubresource, request.Namespace, request.Name, request.Method, request.Path, status));
}
