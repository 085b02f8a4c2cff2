using System.Security.Cryptography.X509Certificates;
using System.Threading.Channels;
using BackupRunner.Kube;
using Microsoft.Extensions.Logging;

namespace BackupRunner.Webhook.Tls;

/// <summary>
/// A certificate of an authority of our own, both in a Secret that all replicas share: who comes first makes it, the others take it. The API server is told of the
/// authority in the webhook configurations, and again when somebody changes them.
/// </summary>
public sealed class IssuedCertificate(KubeClient client, WebhookPlace place, TimeProvider time, ILogger log) : ICertificateSource
{
    /// <summary>How long nobody looks when no watch tells of a change.</summary>
    static readonly TimeSpan Look = TimeSpan.FromMinutes(1);

    static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(5);

    /// <summary>Two replicas that change the same thing settle it in one further pass; more in a row is somebody else's quarrel.</summary>
    const int MostPasses = 5;

    string servedThumbprint = "";
    string? saidDamage;

    public async Task Run(ServingCertificate serving, CancellationToken cancel)
    {
        var changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        Task[] watches =
        [
            Watch(TlsSecret.Resource, place.Namespace, place.SecretName, changes.Writer, stop.Token),
            .. CaBundle.Configurations.Select(kind => Watch(kind, null, place.Service, changes.Writer, stop.Token)),
        ];
        try
        {
            while (!cancel.IsCancellationRequested)
            {
                if (watches.FirstOrDefault(watch => watch.IsFaulted) is { } broken)
                    await broken;
                var settled = await Settle(serving, cancel);
                await Changed(changes.Reader, settled ? Look : AfterFailure, cancel);
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // As asked.
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(watches);
        }
    }

    /// <summary>False: it failed, and that was logged.</summary>
    async Task<bool> Settle(ServingCertificate serving, CancellationToken cancel)
    {
        try
        {
            for (var pass = 0; pass < MostPasses; pass++)
            {
                if (await Pass(serving, cancel))
                    return true;
            }
            log.Failed(place.Namespace, place.SecretName, "others go on changing the Secret or the webhook configurations");
        }
        catch (KubeException e)
        {
            log.Failed(place.Namespace, place.SecretName, e.Message);
        }
        return false;
    }

    /// <summary>
    /// One look, and at most one change of the Secret. The configurations are read before the Secret: one that another replica has written since then has another
    /// resourceVersion, so that nobody puts an older bundle over a newer one.
    /// </summary>
    /// <returns>True: everything is as it should be.</returns>
    async Task<bool> Pass(ServingCertificate serving, CancellationToken cancel)
    {
        var configurations = new List<(KubeResource<KubeObject> Kind, KubeObject Object)>();
        foreach (var kind in CaBundle.Configurations)
        {
            if (await client.Get(kind, null, place.Service, cancel) is { } found)
                configurations.Add((kind, found));
        }
        var secret = await client.Get(TlsSecret.Resource, place.Namespace, place.SecretName, cancel);
        IReadOnlyList<string> problems = [];
        var state = secret is null ? TlsState.Empty : TlsSecret.Read(secret, out problems);
        SayDamage(problems);
        var isTrusted = configurations.All(configuration => CaBundle.Repaired(configuration.Object, state.Bundle) is null);
        var change = TlsRenewal.Next(state, place, isTrusted, time.GetUtcNow());
        if (change != TlsChange.None)
        {
            var next = TlsRenewal.Changed(state, change, place, time.GetUtcNow());
            await Store(next, secret, change, cancel);
            return false;
        }
        // Trusted before it is served: from then on this replica counts as ready.
        var all = await Tell(configurations, state.Bundle, cancel);
        Serve(serving, state.Serving!);
        return all;
    }

    /// <summary>Nothing, if another replica was faster: the next pass finds what it wrote.</summary>
    async Task Store(TlsState state, KubeObject? present, TlsChange change, CancellationToken cancel)
    {
        var next = TlsSecret.Write(state, place, present);
        try
        {
            if (present is null)
            {
                await client.Create(TlsSecret.Resource, next, cancel);
                log.Created(place.Namespace, place.SecretName);
            }
            else
            {
                await client.Replace(TlsSecret.Resource, next, cancel);
                log.Renewed(place.Namespace, place.SecretName, change);
            }
        }
        catch (KubeException e) when (e.IsAlreadyExists || e.IsConflict || e.IsNotFound && present is not null)
        {
            // Made, changed or deleted in between.
        }
    }

    /// <summary>False: somebody changed a configuration in between.</summary>
    async Task<bool> Tell(List<(KubeResource<KubeObject> Kind, KubeObject Object)> configurations, string bundle, CancellationToken cancel)
    {
        var all = true;
        foreach (var (kind, present) in configurations)
        {
            if (CaBundle.Repaired(present, bundle) is not { } repaired)
                continue;
            try
            {
                await client.Replace(kind, repaired, cancel);
                log.Trusted(kind.Kind!, place.Service);
            }
            catch (KubeException e) when (e.IsConflict || e.IsNotFound)
            {
                all = false;
            }
        }
        return all;
    }

    void Serve(ServingCertificate serving, X509Certificate2 certificate)
    {
        if (certificate.Thumbprint == servedThumbprint)
            return;
        serving.Serve(certificate, []);
        servedThumbprint = certificate.Thumbprint;
        var until = Validity.End(certificate);
        log.Serving(until);
    }

    // Once, however often it is looked at.
    void SayDamage(IReadOnlyList<string> problems)
    {
        var damage = problems.Count == 0 ? null : string.Join(", ", problems);
        if (damage is not null && damage != saidDamage)
            log.Damaged(place.Namespace, place.SecretName, damage);
        saidDamage = damage;
    }

    async Task Watch(KubeResource<KubeObject> kind, string? ns, string name, ChannelWriter<bool> changes, CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                await foreach (var _ in client.Watch(kind, ns, new ListOptions { FieldSelector = $"metadata.name={name}" }, cancel))
                    changes.TryWrite(true);
            }
            catch (KubeException e)
            {
                log.Blind(kind.ToString(), name, e.Message);
                await Task.Delay(Look, time, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                return;
            }
        }
    }

    /// <summary>Ends when a watch has told something, or nothing has come for as long.</summary>
    async Task Changed(ChannelReader<bool> changes, TimeSpan longest, CancellationToken cancel)
    {
        using var patience = new CancellationTokenSource(longest, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancel);
        try
        {
            await changes.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            // A minute, or a failure, has passed.
        }
    }
}
