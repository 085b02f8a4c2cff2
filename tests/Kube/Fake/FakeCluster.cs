using System.Globalization;
using System.Text.Json.Nodes;

namespace BackupRunner.Tests.Kube.Fake;

/// <summary>What every part of the server shares.</summary>
public sealed class FakeCluster
{
    const string Letters = "bcdfghjklmnpqrstvwxz2456789";

    public FakeCluster(TimeProvider time)
    {
        Time = time;
        Authorizer = new FakeAuthorizer(Storage, Kinds);
        Admission = new FakeAdmission(this);
        Writer = new FakeWriter(this);
    }

    public TimeProvider Time { get; }

    public FakeStorage Storage { get; } = new();

    public FakeKinds Kinds { get; } = new();

    public FakeAuthorizer Authorizer { get; }

    public FakeAdmission Admission { get; }

    public FakeWriter Writer { get; }

    /// <summary>
    /// True: a pod is gone as soon as it is deleted, as if its kubelet had ended it at once. A simulation of kubelets says false, and deletes the pod again
    /// with a grace period of 0 once its processes have ended.
    /// </summary>
    public bool PodsEndAtOnce { get; set; } = true;

    public string Now => Stamp(Time.GetUtcNow());

    public static string Stamp(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    public FakeStored? Get(string plural, string @namespace, string name) => Storage.Get(FakeKey.Of(Kinds[plural], @namespace, name));

    /// <summary>Five characters that spell no word, as the server makes them.</summary>
    public static string RandomSuffix() => System.Security.Cryptography.RandomNumberGenerator.GetString(Letters, 5);

    /// <summary>The certificate authority of the API server, PEM.</summary>
    public required string Authority { get; init; }

    /// <summary>Puts an object there as it is, without any check.</summary>
    public FakeStored Put(FakeKind kind, JsonObject item)
    {
        var metadata = item["metadata"]!;
        metadata["uid"] ??= Guid.NewGuid().ToString();
        metadata["creationTimestamp"] ??= Now;
        var key = FakeKey.Of(kind, (string?)metadata["namespace"] ?? "", (string)metadata["name"]!);
        return Storage.Commit(key, Storage.Get(key)?.Version ?? 0, item)!;
    }
}
