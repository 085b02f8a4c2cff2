using System.Net;

namespace BackupRunner.Kube;

/// <summary>Which failures a watch survives, and how long it waits before it goes on.</summary>
sealed class WatchPatience(TimeProvider time)
{
    /// <summary>A Role may be some seconds late; one that stays away is an error.</summary>
    const int MostRefusals = 3;

    static readonly BackOff Failing = new(TimeSpan.FromMilliseconds(800), TimeSpan.FromSeconds(30));

    /// <summary>What lasted so long was no failure at once.</summary>
    static readonly TimeSpan Lasting = TimeSpan.FromSeconds(30);

    int failures;
    int refusals;
    int idle;
    long began;
    TimeSpan? asked;

    /// <summary>A listing or a request to watch begins.</summary>
    public void Begin() => began = time.GetTimestamp();

    /// <summary>Something came: the next failure is the first one again.</summary>
    public void Progress() => (failures, refusals, idle) = (0, 0, 0);

    /// <summary>Whether to try again after this. A refusal or an answer that cannot be read is borne some times; what is plainly wrong is not.</summary>
    public bool Bears(KubeException e)
    {
        if (time.GetElapsedTime(began) >= Lasting)
            Progress();
        failures++;
        asked = e.RetryAfter;
        if (e.HttpStatus is HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized or HttpStatusCode.OK)
            return ++refusals < MostRefusals;
        return e.IsTransient || e.IsGone;
    }

    /// <summary>Before going on. A watch that ends in good order goes on at once, unless it keeps ending without anything having come.</summary>
    public Task Pause(CancellationToken cancel)
    {
        if (failures == 0 && time.GetElapsedTime(began) >= Lasting)
            idle = 0;
        var step = failures > 0 ? failures : idle++;
        if (step == 0)
            return Task.CompletedTask;
        var pause = Failing.After(step);
        if (asked is { } wait && wait > pause)
            pause = wait < Failing.Most ? wait : Failing.Most;
        asked = null;
        return Task.Delay(pause, time, cancel);
    }
}
