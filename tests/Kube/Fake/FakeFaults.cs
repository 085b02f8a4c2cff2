using Microsoft.AspNetCore.Http;

namespace BackupRunner.Tests.Kube.Fake;

/// <summary>What goes wrong with a request, instead of an answer or before it.</summary>
public abstract record FakeFault
{
    FakeFault()
    {
    }

    /// <summary>An answer with a Status: 503, 429, 500.</summary>
    public sealed record Answer(int Status, int? RetryAfterSeconds = null) : FakeFault;

    /// <summary>The connection is cut without an answer.</summary>
    public sealed record Cut : FakeFault;

    /// <summary>The request is done, but its answer never arrives.</summary>
    public sealed record CutAfter : FakeFault;

    /// <summary>The request waits until the test lets it go on.</summary>
    public sealed record Hold(Task Until) : FakeFault;

    /// <summary>Something else happens first, such as another writer's change.</summary>
    public sealed record First(Func<Task> Do) : FakeFault;
}

/// <summary>Faults by the step: which request fails, how, and how often.</summary>
public sealed class FakeFaults
{
    readonly Lock gate = new();
    readonly List<(Func<HttpRequest, bool> Which, FakeFault Fault, int Left)> rules = [];

    /// <summary>The next <paramref name="times"/> requests that are meant meet the fault. Disposing ends it before.</summary>
    public IDisposable Add(Func<HttpRequest, bool> which, FakeFault fault, int times = int.MaxValue)
    {
        lock (gate)
            rules.Add((which, fault, times));
        return new Rule(() =>
        {
            lock (gate)
                rules.RemoveAll(rule => rule.Which == which && rule.Fault == fault);
        });
    }

    public FakeFault? Next(HttpRequest request)
    {
        lock (gate)
        {
            var at = rules.FindIndex(rule => rule.Which(request));
            if (at < 0)
                return null;
            var (which, fault, left) = rules[at];
            rules[at] = (which, fault, left - 1);
            if (left <= 1)
                rules.RemoveAt(at);
            return fault;
        }
    }

    sealed class Rule(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}
