using BackupRunner.Kube;

namespace BackupRunner.Webhook.Recovery;

/// <summary>The Leases that ask for something, of which there are few. One that is dropped for want of room is judged anew, which only takes longer.</summary>
sealed class LeaseMemory(TimeProvider time)
{
    /// <summary>Leases.</summary>
    public const int Most = 4096;

    readonly Lock gate = new();
    readonly Dictionary<(string Namespace, string Name), TendedLease> leases = [];
    readonly Queue<(string Namespace, string Name)> order = new();

    /// <summary>What is remembered of it, or nothing yet.</summary>
    public TendedLease Of(Lease lease)
    {
        var (key, uid) = (Key(lease), lease.Metadata.Uid ?? "");
        lock (gate)
        {
            if (leases.TryGetValue(key, out var known) && known.Uid == uid)
                return known;
            order.Enqueue(key);
            while (order.Count > Most)
                leases.Remove(order.Dequeue());
            return leases[key] = new TendedLease(uid, time);
        }
    }

    public void Forget(Lease lease)
    {
        lock (gate)
            leases.Remove(Key(lease));
    }

    static (string Namespace, string Name) Key(Lease lease) => (lease.Metadata.Namespace ?? "", lease.Metadata.Name);
}
