using BackupRunner.Kube;

namespace BackupRunner.Webhook.Keys;

/// <summary>
/// Writes on a key Secret where its keys are used, before any run is told to store there. What is recorded only afterwards is lost with a policy that moves again,
/// or a webhook that dies, in between, and then a key may go that backups there need.
/// </summary>
/// <param name="namespaces">Of Secrets that may be read (<c>--secret-namespaces</c>).</param>
public sealed class RingPlaces(KubeClient kube, IReadOnlySet<string> namespaces)
{
    /// <summary>Returns once the record has the place, or when there is none to keep: no Secret yet, or one that is not rotated.</summary>
    /// <exception cref="KubeException">A conflict, too: it is not recorded, and nothing may be stored there yet.</exception>
    public async Task Record(IEnumerable<SecretDemand> demands, CancellationToken cancel)
    {
        foreach (var demand in demands)
        {
            if (demand.Ring is { } ring && namespaces.Contains(demand.Source.Namespace))
                await Record(demand, ring.KeyField, ring.Use.Location, cancel);
        }
    }

    async Task Record(SecretDemand demand, string keyField, string place, CancellationToken cancel)
    {
        try
        {
            using var secret = await kube.Get(KubeResources.Secrets, demand.Source.Namespace, demand.Source.Name, cancel);
            if (secret is null || SecretGate.Of(demand, secret.Metadata.Annotations) is not null)
                return;
            if (RingRecord.Read(keyField, secret.Metadata.Annotations) is not { Locations: { } known } record || known.Contains(place))
                return;
            var annotations = (record with { Locations = new HashSet<string>(known) { place } }).Write(keyField, secret.Metadata.Annotations);
            using var written = await kube.Replace(KubeResources.Secrets, secret with { Metadata = secret.Metadata with { Annotations = annotations } }, cancel);
        }
        catch (KubeException e) when (e.IsForbidden)
        {
            // Who may not write it does not rotate it.
        }
    }
}
