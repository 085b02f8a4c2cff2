using System.Text.Json;
using BackupRunner.Kube;
using Microsoft.AspNetCore.Http;

namespace BackupRunner.Tests.Kube;

/// <summary>One Lease, kept as an API server keeps it, and what others do to it.</summary>
public sealed class LeaseBoard
{
    readonly Lock gate = new();
    int version = 1;
    bool away;
    Lease? lease = new() { ApiVersion = "coordination.k8s.io/v1", Kind = "Lease", Metadata = new() { Name = "backup-redis", Namespace = "shop", Uid = "u1", ResourceVersion = "1" } };

    /// <summary>The server is there, but says 503.</summary>
    public bool Away { get => Volatile.Read(ref away); set => Volatile.Write(ref away, value); }

    /// <summary>What happens between a read and the write that follows it.</summary>
    public Action? BeforeWrite { get; set; }

    /// <summary>What happens after each read.</summary>
    public Action? AfterRead { get; set; }

    public int Writes { get; private set; }

    public Lease? Now
    {
        get
        {
            lock (gate)
                return lease;
        }
    }

    public void Change(Func<Lease, Lease?> change)
    {
        lock (gate)
            if (change(lease!) is { } changed)
                lease = changed with { Metadata = changed.Metadata with { ResourceVersion = $"{++version}" } };
            else
                lease = null;
    }

    public void Hold(string? holder, DateTimeOffset? renewed = null, int transitions = 7, int duration = 60) => Change(one => one with
    {
        Spec = new() { HolderIdentity = holder, RenewTime = renewed, LeaseTransitions = transitions, LeaseDurationSeconds = duration },
    });

    public void Touch(string value) => Change(one => one with { Metadata = one.Metadata with { Annotations = new(one.Metadata.Annotations ?? []) { ["other"] = value } } });

    public async Task Answer(HttpContext context, int number)
    {
        if (Away)
        {
            await ScriptedKube.Fail(context, 503, "ServiceUnavailable", "away");
            return;
        }
        if (context.Request.Method == "PUT")
            BeforeWrite?.Invoke();
        string? answer = null;
        var (code, reason) = (404, "NotFound");
        lock (gate)
            if (lease is null)
                answer = null;
            else if (context.Request.Method == "GET")
                answer = JsonSerializer.Serialize(lease, KubeJson.Default.Lease);
            else if (Written((string)context.Items["body"]!))
                answer = JsonSerializer.Serialize(lease, KubeJson.Default.Lease);
            else
                (code, reason) = (409, "Conflict");
        if (context.Request.Method == "GET")
            AfterRead?.Invoke();
        await (answer is null ? ScriptedKube.Fail(context, code, reason, "no", """{"name":"backup-redis"}""") : context.Response.WriteAsync(answer));
    }

    bool Written(string body)
    {
        var wanted = JsonSerializer.Deserialize(body, KubeJson.Default.Lease)!;
        if (wanted.Metadata.ResourceVersion != lease!.Metadata.ResourceVersion)
            return false;
        lease = wanted with { Metadata = wanted.Metadata with { ResourceVersion = $"{++version}" } };
        Writes++;
        return true;
    }
}
