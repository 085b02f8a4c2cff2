using BackupRunner.Kube;

namespace BackupRunner.Cluster;

/// <summary>Waits for the API server, and for what it tells of: an answer that does not come for a while says nothing of the workload.</summary>
/// <param name="patience">For each wait.</param>
/// <param name="say">Told now and then what is waited for.</param>
sealed class ApiPatience(TimeSpan patience, Action<string> say, TimeProvider time)
{
    static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);
    static readonly TimeSpan TellEvery = TimeSpan.FromSeconds(10);

    /// <summary>Asks again as long as no answer comes; what is asked for may be done twice.</summary>
    public async Task<T> Ask<T>(Func<Task<T>> call, CancellationToken cancel)
    {
        for (var start = time.GetTimestamp(); ; await Task.Delay(Poll, time, cancel))
        {
            try
            {
                return await call();
            }
            catch (KubeException away) when (away.IsTransient && time.GetElapsedTime(start) < patience)
            {
                say($"waiting for the API server: {away.Message}");
            }
            catch (KubeException failure)
            {
                throw ApiFailure.Of(failure);
            }
        }
    }

    /// <param name="waitsFor">What is still missing, for the log; null: nothing.</param>
    /// <param name="tooLong">The failure, of what is missing in the end.</param>
    public async Task Until(Func<Task<string?>> waitsFor, Func<string, RunnerException> tooLong, CancellationToken cancel)
    {
        var (start, told) = (time.GetTimestamp(), time.GetTimestamp());
        while (await Missing(waitsFor) is { } left)
        {
            if (time.GetElapsedTime(start) >= patience)
                throw tooLong(left);
            if (time.GetElapsedTime(told) >= TellEvery)
            {
                say(left);
                told = time.GetTimestamp();
            }
            await Task.Delay(Poll, time, cancel);
        }
    }

    static async Task<string?> Missing(Func<Task<string?>> waitsFor)
    {
        try
        {
            return await waitsFor();
        }
        catch (RunnerException away) when (away.InnerException is KubeException { IsTransient: true })
        {
            return away.Message;
        }
    }
}
