using System.Security.Cryptography;
using BackupRunner.Hooks;
using BackupRunner.Kube;
using BackupRunner.Reports;

namespace BackupRunner.Cluster;

/// <summary>The Leases of a run, taken one after the other and released in the opposite order.</summary>
/// <param name="pod">This run's own pod: the holder's name begins with it.</param>
public sealed class ClusterHold(KubeClient kube, string space, string pod, Action<string> say, TimeProvider time) : IAsyncDisposable
{
    const int NonceBytes = 4;

    readonly string identity = $"{pod}_{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(NonceBytes))}";
    readonly List<(string Name, LeaseLock Lease)> held = [];

    readonly HashSet<string> displaced = new(StringComparer.Ordinal);

    /// <summary>The pods that held a Lease until it was taken over from them.</summary>
    public IReadOnlySet<string> Displaced => displaced;

    /// <param name="wait">How long a live holder is waited for.</param>
    /// <exception cref="RunnerException">Exit code 7: a live run holds it; 2: there is none, or no permission.</exception>
    public async Task<LeaseLock> Take(string name, TimeSpan wait, CancellationToken cancel)
    {
        var lease = new LeaseLock(kube, space, name, identity, LeaseTiming.Default, time);
        try
        {
            var before = await lease.Acquire(TimeSpan.Zero, cancel);
            if (before is null && wait > TimeSpan.Zero)
            {
                say($"waits up to {DurationText.Of(wait)} for lease \"{name}\", which another run holds: {lease.Holder}");
                before = await lease.Acquire(wait, cancel);
            }
            if (before is null)
            {
                throw new RunnerException(ExitCode.Locked, $"another run holds lease \"{name}\": {lease.Holder}",
                    "wait until it has ended; --lease-wait 10m does that by itself");
            }
            if (before.Spec?.HolderIdentity is { Length: > 0 } dead)
            {
                displaced.Add(dead.Split('_')[0]);
                say($"took lease \"{name}\" over from \"{dead}\", which has not renewed it");
            }
            held.Add((name, lease));
            return lease;
        }
        catch (KubeException missing) when (missing.IsNotFound)
        {
            await lease.DisposeAsync();
            throw new RunnerException(ExitCode.Usage, $"there is no lease \"{name}\" in namespace \"{space}\"",
                "the webhook makes it, or the example in manifests/examples: a run never makes it by itself", missing);
        }
        catch (KubeException failure)
        {
            await lease.DisposeAsync();
            throw ApiFailure.Of(failure);
        }
        catch
        {
            await lease.DisposeAsync();
            throw;
        }
    }

    public CancellationToken[] Lost => [.. held.Select(one => one.Lease.Lost)];

    /// <summary>Why the run may not go on; null: it holds all that it took.</summary>
    public RunnerException? LostReason => held
        .Where(one => one.Lease.Lost.IsCancellationRequested)
        .Select(one => new RunnerException(ExitCode.Locked, $"lease \"{one.Name}\" is lost: {one.Lease.LostReason}", "this run ends, so that no two work at once; look who else does"))
        .FirstOrDefault();

    /// <summary>Returns when the API server has just confirmed every Lease; waits as long as it does not answer.</summary>
    /// <exception cref="RunnerException">Exit code 7: one is lost.</exception>
    public async Task Confirm(CancellationToken cancel)
    {
        foreach (var (name, lease) in held)
        {
            try
            {
                await lease.Confirm(cancel);
            }
            catch (LeaseLostException lost)
            {
                throw LostReason ?? new RunnerException(ExitCode.Locked, $"lease \"{name}\" is lost: {lost.Message}", null, lost);
            }
            catch (KubeException failure)
            {
                throw ApiFailure.Of(failure);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        for (var last = held.Count - 1; last >= 0; last--)
            await held[last].Lease.DisposeAsync();
        held.Clear();
    }
}
