using System.Net;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using BackupRunner.Webhook.Admission;
using BackupRunner.Webhook.Plans;
using BackupRunner.Webhook.Workloads;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace BackupRunner.Bench;

/// <summary>The endpoints behind Kestrel's TLS over a cluster in memory, without the reconcile loop: until SIGTERM.</summary>
static class AdmissionHost
{
    public static async Task<int> Run(string addressFile, int objects)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=backup-webhook", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate)));
        await using var app = builder.Build();
        var decisions = new AdmissionDecisions(new ManyWorkloads(objects), new AccessReviews((_, _) => Task.FromResult(true), TimeProvider.System), new Installation("backup-runner:0.1.0", "bench"));
        using var endpoints = new AdmissionEndpoints(decisions, TimeProvider.System, NullLogger<AdmissionEndpoints>.Instance);
        AdmissionEndpoints.Map(app, endpoints);
        await app.StartAsync();
        await File.WriteAllTextAsync(addressFile + ".new", app.Urls.Single());
        File.Move(addressFile + ".new", addressFile);
        var stopped = new TaskCompletionSource();
        using var signal = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            stopped.TrySetResult();
        });
        await stopped.Task;
        return 0;
    }

    /// <summary>So many StatefulSets of one namespace, with three claims each, and the policy that they name.</summary>
    sealed class ManyWorkloads : IClusterView
    {
        const string Space = "default";
        readonly Dictionary<string, ProtectedWorkload> workloads;
        readonly Dictionary<string, VolumeClaim> claims;
        readonly PolicyObject policy;

        public ManyWorkloads(int objects)
        {
            using var spec = JsonDocument.Parse("""{"metadata":{"name":"nightly","namespace":"default"},"spec":{"storage":{"provider":"s3","bucket":"b","region":"r"}}}""");
            policy = PolicyObjectReader.Read(spec.RootElement);
            using var set = JsonDocument.Parse("""
                {"metadata":{"name":"redis","namespace":"default","annotations":{"backup.middleware.io/policy":"nightly"}},"spec":{"replicas":3,
                 "template":{"spec":{"containers":[{"name":"redis","image":"redis","volumeMounts":[{"name":"data","mountPath":"/data"}]}]}},
                 "volumeClaimTemplates":[{"metadata":{"name":"data"},"spec":{"accessModes":["ReadWriteOnce"]}}]}}
                """);
            var one = WorkloadReader.Read("statefulset", set.RootElement);
            workloads = Enumerable.Range(0, objects).Select(at => $"redis-{at}").ToDictionary(name => name, name => one with { Id = one.Id with { Name = name } });
            claims = workloads.Keys.SelectMany(name => Enumerable.Range(0, 3).Select(at => new VolumeClaim(Space, $"data-{name}-{at}", ["ReadWriteOnce"], null, false))).ToDictionary(claim => claim.Name);
        }

        public ProtectedWorkload? Workload(WorkloadId id) => id.Namespace == Space ? workloads.GetValueOrDefault(id.Name) : null;

        public PolicyObject? Policy(string @namespace, string name) => (@namespace, name) == (Space, "nightly") ? policy : null;

        public VolumeClaim? Claim(string @namespace, string name) => @namespace == Space ? claims.GetValueOrDefault(name) : null;

        public IEnumerable<VolumeClaim> Claims(string @namespace) => @namespace == Space ? claims.Values : [];

        public IEnumerable<ProtectedWorkload> Protected() => workloads.Values;
    }
}
